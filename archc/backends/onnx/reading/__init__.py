"""ONNX models read back: each node becomes the operator it means, of what it is given."""
