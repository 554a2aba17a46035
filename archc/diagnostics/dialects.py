"""The words of torch, Keras, Caffe and darknet, and what archc calls the same thing."""

from __future__ import annotations

_LAYERS = """
conv: Conv1d Conv2d Conv3d Conv1D Conv2D Conv3D Convolution Convolution2D convolutional \
 conv2d convolution
deconv: ConvTranspose1d ConvTranspose2d ConvTranspose3d Conv1DTranspose Conv2DTranspose \
 Conv3DTranspose Deconvolution Deconvolution2D deconvolutional convtranspose conv_transpose \
 conv2d_transpose transposedconv
fc: Linear Dense InnerProduct connected fully_connected dense linear innerproduct fullyconnected
maxpool: MaxPool1d MaxPool2d MaxPool3d MaxPooling1D MaxPooling2D MaxPooling3D max_pool2d \
 max_pool maxpooling AdaptiveMaxPool2d Pooling pool pooling
avgpool: AvgPool1d AvgPool2d AvgPool3d AveragePooling1D AveragePooling2D AveragePooling3D \
 avg_pool2d avg_pool AdaptiveAvgPool2d averagepool averagepooling meanpool
gap: GlobalAveragePooling1D GlobalAveragePooling2D GlobalAvgPool2D GlobalAveragePool \
 globalavgpool global_average_pool
lppool: LPPool1d LPPool2d
unpool: MaxUnpool1d MaxUnpool2d MaxUnpool3d maxunpool
bn: BatchNorm1d BatchNorm2d BatchNorm3d BatchNormalization BatchNorm batchnorm batch_norm \
 batch_normalize batchnormalization
lrn: LocalResponseNorm LocalResponseNormalization normalization
layernorm: LayerNorm LayerNormalization layer_norm ln
groupnorm: GroupNorm GroupNormalization group_norm gn
instancenorm: InstanceNorm1d InstanceNorm2d InstanceNorm3d InstanceNormalization instance_norm
l2norm: Normalize normalize UnitNormalization
relu: ReLU ReLu rectify
relu6: ReLU6
leaky: LeakyReLU leakyrelu leaky_relu lrelu
prelu: PReLU
elu: ELU
selu: SELU
gelu: GELU
silu: SiLU Swish
hswish: Hardswish hardswish hard_swish
hsigmoid: Hardsigmoid hardsigmoid hard_sigmoid
sigmoid: Sigmoid logistic
tanh: Tanh TanH
softplus: Softplus SoftPlus
mish: Mish
softmax: Softmax softmax2d Softmax2d
dropout: Dropout Dropout1d Dropout2d Dropout3d SpatialDropout2D
droppath: DropPath StochasticDepth stochastic_depth drop_path
upsample: Upsample UpSampling1D UpSampling2D UpSampling3D UpsamplingNearest2d \
 UpsamplingBilinear2d
resize: Resizing interpolate Interpolate
crop: CenterCrop Cropping2D Crop
pad: ZeroPad2d ZeroPadding1D ZeroPadding2D ConstantPad2d ReflectionPad2d
roipool: RoIPool ROIPooling roi_pool
roialign: RoIAlign ROIAlign roi_align
flatten: Flatten
reshape: Reshape View view reorg
transpose: Permute permute
pixelshuffle: PixelShuffle pixel_shuffle depth_to_space
pixelunshuffle: PixelUnshuffle pixel_unshuffle space_to_depth
shuffle: ChannelShuffle channel_shuffle ShuffleChannel
chunk: Split Slice split
scale: Scale Rescaling
concat: Concatenate Concat cat concatenate Concatenation
add: Add Eltwise eltwise shortcut
mul: Multiply multiply Mul
mean: Average average
max: Maximum maximum
sub: Subtract subtract
matmul: Dot dot bmm
attention: MultiheadAttention MultiHeadAttention multihead_attention SelfAttention mha
lstm: LSTM
gru: GRU
rnn: RNN SimpleRNN
embed: Embedding embedding
classtoken: cls_token ClassToken class_token
positions: pos_embed PositionEmbedding position_embedding pos_embedding
identity: Identity Sequential nop
noise: GaussianNoise
"""

_OPTIONS = """
window kernel: kernel_size pool_size ksize size kernel_shape filter_size kernel_h kernel_w
channels n features: filters num_output out_channels out_features units output hidden_size \
 num_filters planes
stride: strides step stride_h stride_w
pad: padding padding_size pads pad_h pad_w
outpad: output_padding
dilate: dilation dilation_rate
groups: group num_groups
bias: use_bias bias_term with_bias
eps: epsilon
slope: negative_slope alpha
heads: num_heads n_heads head_count nhead
vocab: num_embeddings input_dim vocab_size
to: output_size target_shape
ceil: ceil_mode
bilinear: interpolation mode
corners: align_corners
factor: scale_factor scale
p share rate: prob probability rate dropout_ratio drop_rate p
init: kernel_initializer weight_filler weight_init
layers: num_layers
dw: depthwise depth_multiplier
at: offset
"""

_NOT_NEEDED = {
    "in_channels": "the incoming channels are known: leave it out",
    "in_features": "the incoming size is known: leave it out",
    "num_features": "the incoming channels are known: leave it out",
    "input_shape": "the incoming size is known: leave it out",
    "input_size": "the incoming size is known: leave it out",
    "inplace": "memory is archc's business: leave it out",
    "activation": "an activation is a step of its own: `; relu` behind the row",
    "batch_normalize": "batch norm is a step of its own: `; bn` behind the row",
    "name": "a name stands in front of the row: `conv1: conv ...`",
    "return_indices": "name the row, and `unpool` its name undoes it",
    "count_include_pad": "say `count=all` or `count=real`",
    "data_format": "sizes are always height x width x channels: leave it out",
}


def _read(table: str) -> dict[str, tuple[str, ...]]:
    """Foreign word, in small letters, to archc's words for it."""
    words: dict[str, tuple[str, ...]] = {}
    for line in table.split("\n"):
        ours, _, theirs = line.partition(":")
        for word in theirs.split():
            key = word.lower()
            words[key] = (*words.get(key, ()), *ours.split())
    return words


def layer_word(word: str) -> str:
    """archc's word for a layer of another framework, or an empty text: `Conv2d` is `conv`."""
    bare = word.rpartition(".")[2].lower()
    return _read(_LAYERS).get(bare, ("",))[0]


def option_word(option: str, known: tuple[str, ...]) -> str:
    """archc's word for an option of another framework, one of `known`, or an empty text."""
    ours = _read(_OPTIONS).get(option.lower(), ())
    return next((word for word in ours if word in known), "")


def option_advice(option: str) -> str:
    """What to do instead of an option that archc has no use for, or an empty text."""
    return _NOT_NEEDED.get(option.lower(), "")
