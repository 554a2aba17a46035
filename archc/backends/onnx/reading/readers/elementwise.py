"""Functions of each number by itself, softmax, dropout."""

from __future__ import annotations

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.problem import Unreadable, axis_of
from archc.backends.onnx.reading.reader import Reading
from archc.backends.onnx.reading.readers.registry import decimal, reads
from archc.backends.onnx.reading.views import View, reshaped
from archc.ops import act, rectifier
from archc.ops.lowering import channel_axis
from archc.ops.regular import Dropout, Noise
from archc.ops.values import Shape

PLAIN = {
    "Relu": rectifier.Relu,
    "Sigmoid": act.Sigmoid,
    "Tanh": act.Tanh,
    "Selu": rectifier.Selu,
    "Softplus": act.Softplus,
    "Mish": rectifier.Mish,
    "HardSwish": rectifier.HardSwish,
    "Exp": act.Exp,
    "Swish": rectifier.Silu,
}


@reads(*PLAIN)
def plain(reading: Reading, call: Call) -> View:
    """Those without options."""
    return reading.on(reading.view(call.inputs[0]), PLAIN[call.kind]())


@reads("LeakyRelu")
def leaky(reading: Reading, call: Call) -> View:
    """Leaky rectifier."""
    slope = decimal(call.attribute("alpha", 0.01))
    return reading.on(reading.view(call.inputs[0]), rectifier.Leaky(slope=slope))


@reads("Elu")
def elu(reading: Reading, call: Call) -> View:
    """Exponential linear unit."""
    return reading.on(
        reading.view(call.inputs[0]), rectifier.Elu(alpha=decimal(call.attribute("alpha", 1.0)))
    )


@reads("Gelu")
def gelu(reading: Reading, call: Call) -> View:
    """Gaussian error linear unit."""
    tanh = call.attribute("approximate", "none") == "tanh"
    return reading.on(reading.view(call.inputs[0]), rectifier.Gelu(tanh=tanh))


@reads("HardSigmoid")
def hard_sigmoid(reading: Reading, call: Call) -> View:
    """With torch's slope alone."""
    if abs(call.attribute("alpha", 0.2) - 1 / 6) > 1e-6 or call.attribute("beta", 0.5) != 0.5:
        raise Unreadable("a hard sigmoid of another slope")
    return reading.on(reading.view(call.inputs[0]), act.HardSigmoid())


@reads("Clip")
def clip(reading: Reading, call: Call) -> View:
    """Between 0 and 6, or at least 0."""
    low, high = call.attribute("min"), call.attribute("max")
    low = reading.scalar(call.inputs[1]) if call.given(1) else low
    high = reading.scalar(call.inputs[2]) if call.given(2) else high
    if low == 0 and high == 6:
        return reading.on(reading.view(call.inputs[0]), rectifier.Relu6())
    if low == 0 and (high is None or high > 3e38) and not call.given(2):
        return reading.on(reading.view(call.inputs[0]), rectifier.Relu())
    raise Unreadable("other ends of a clip")


@reads("PRelu")
def prelu(reading: Reading, call: Call) -> View:
    """Leaky rectifier with a trained slope."""
    slope = reading.view(call.inputs[1])
    number = 1
    for side in slope.shape:
        number *= side
    index = reading.settled(reading.view(call.inputs[0]))
    weight = reshaped(slope, [number])
    shape = reading.shape(index)
    channelwise = number > 1
    if channelwise and number != shape.channels:
        raise Unreadable("a slope for each number")
    return reading.emit(rectifier.PRelu(channelwise=channelwise), index, weight=weight)


@reads("Softmax")
def softmax(reading: Reading, call: Call) -> View:
    """Over the channels, or over the things."""
    view = reading.view(call.inputs[0])
    axis = call.attribute("axis", -1 if reading.opset >= 13 else 1)
    index = reading.settled(view)
    shape = reading.shape(index)
    assert isinstance(shape, Shape)
    axis = axis_of(axis, len(view.sides))
    if axis == channel_axis(shape) % len(view.sides):
        return reading.emit(act.Softmax(), index)
    if shape.count is not None and axis == (0 if shape.rank else 1):
        return reading.emit(act.Softmax(things=True), index)
    raise Unreadable("a softmax over another axis")


@reads("Dropout")
def dropout(reading: Reading, call: Call) -> View:
    """Stays where it stands: it does nothing unless the network is trained."""
    ratio = reading.scalar(call.inputs[1]) if call.given(1) else call.attribute("ratio", 0.5)
    if ratio is None:
        raise Unreadable("a share that is worked out")
    return reading.on(reading.view(call.inputs[0]), Dropout(p=decimal(ratio)))


@reads("RandomNormalLike")
def noise(reading: Reading, call: Call) -> View:
    """Normal numbers around 0."""
    if call.attribute("mean", 0.0):
        raise Unreadable("noise around another number")
    return reading.on(
        reading.view(call.inputs[0]), Noise(std=decimal(call.attribute("scale", 1.0)))
    )


@reads("Cast", "CastLike")
def cast(reading: Reading, call: Call) -> View:
    """From one kind of float to another."""
    if call.kind == "Cast" and call.attribute("to") not in (1, 10, 11, 16):
        raise Unreadable("a cast to whole numbers")
    return reading.view(call.inputs[0])
