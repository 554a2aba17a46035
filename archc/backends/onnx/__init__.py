"""Networks as ONNX models, written straight from the graph."""
