"""Every option of every operator that has one input, a line each."""

ROWS = """
input 7x5x6 | relu6
input 7x5x6 | leaky 0.3
input 7x5x6 | prelu
input 7x5x6 | prelu channelwise
input 7x6 | prelu channelwise
input 6 | prelu channelwise
input 5x6 ; tokens | prelu channelwise
input 7x5x6 | elu 0.5
input 7x5x6 | gelu tanh
input 7x5x6 | gelu
input 7x5x6 | softplus 3
input 7x5x6 | softmax
input 5x6 ; tokens | softmax things
input 5x6 ; tokens | softmax
input R of 3x2x6 | softmax things
input 7x5x6 | complement
input 7x5x6 | conv 3x3/2 8 pad=same
input 8x7x6 | conv 3x2/3 8 pad=same dilate=2
input 7x5x6 | conv 3x3 8 pad=half groups=2 bias=no
input 7x5x6 | conv 3x5 8 pad=1x2
input 7x5x6 | conv 3x3 dw pad=half dilate=2
input 9x6 | conv 4 kernel=3 stride=2 pad=1
input 5x7x6x4 | conv 3x3x3/2x1x1 8 pad=half
input 7x5x6 | conv 4x4 8 pad=same
input 7x5x6 | deconv 3x3/2 8 pad=1 outpad=1
input 7x5x6 | deconv 4x4/2 8 pad=same
input 7x5x6 | deconv 3x3/2 8 pad=half groups=2
input 7x5x6 | deconv 3x3/2 8 pad=0x1 dilate=2
input 7x6 | deconv 8 kernel=3 stride=2
input 5x4x3x6 | deconv 2x2x2/2 4
input 7x5x6 | deconv 2x2/3 8 pad=same
input 7x5x6 | deconv 3x3/3 8 outpad=2
input 8x6x4 | maxpool
input 7x5x4 | maxpool 3x3/2 ceil
input 8x6x4 | maxpool 3x3/2 ceil
input 8x6x4 | maxpool 3x3/2 pad=1 ceil
input 3x3x4 | maxpool 2x2/3 ceil
input 10x9x4 | maxpool 3x2/4 pad=1 ceil
input 7x5x4 | maxpool 3x3/2 pad=same
input 8x6x4 | maxpool 3x3/2 pad=same
input 9x4 | maxpool kernel=3 stride=2 pad=1
input 5x8x6x4 | maxpool 3x3x3/2x2x2 pad=1 floor
input 7x5x4 | maxpool to=3x2
input 8x6x4 | maxpool to=4x3
input 7x5x4 | maxpool to=1x1
input 8x6x4 | avgpool
input 7x5x4 | avgpool 3x3/2 ceil
input 8x6x4 | avgpool 3x3/2 ceil
input 8x6x4 | avgpool 3x3/2 pad=1 ceil
input 10x9x4 | avgpool 3x2/4 pad=1 ceil
input 10x9x4 | avgpool 3x3/4 pad=1 ceil count=real
input 3x3x4 | avgpool 2x2/3 ceil
input 7x5x4 | avgpool 3x3/2 pad=1
input 7x5x4 | avgpool 3x3/2 pad=1 count=real
input 8x6x4 | avgpool 3x3/2 pad=same
input 8x6x4 | avgpool 3x3/2 pad=same count=all
input 7x5x4 | avgpool 4x3/1 pad=same
input 9x4 | avgpool kernel=3 stride=2 pad=1
input 9x4 | avgpool kernel=4 stride=3 pad=1 ceil
input 5x8x6x4 | avgpool 3x3x3/2x2x2 pad=1 floor
input 5x8x6x4 | avgpool 2x2x2/2x2x2 ceil
input 7x5x4 | avgpool to=3x2
input 8x6x4 | avgpool to=4x3
input 7x5x4 | avgpool to=1x1
input 7x4 | gap
input 5x4x3x4 | gap
input 8x6x4 | lppool 2x2/2 p=1
input 8x6x4 | relu ; lppool 2x2/2 p=3
input 8x6x4 | lppool 3x2/2 p=2 floor
input 7x5x4 | lppool 2x2/2 p=2 ceil
input 8x6x4 | relu ; lppool 2x2/2 p=1.5
input 8x4 | lppool kernel=2 stride=2
input 8x6x4 | bn eps=0.01
input 8x6x4 | bn affine=no
input 8x6x4 | bn frozen
input 8x4 | bn
input 5x8x6x4 | bn
input 6 | bn
input 5x6 ; tokens | bn
input 7x5x9 | lrn
input 7x5x9 | lrn n=3 mean alpha=0.1
input 7x5x9 | lrn n=4 alpha=0.1
input 7x9 | lrn n=3 alpha=0.1
input 7x9 | lrn n=4 alpha=0.1
input 3x4x5x9 | lrn n=3 alpha=0.1
input 3x4x5x9 | lrn n=2 alpha=0.1
input 7x5x6 | layernorm
input 7x5x6 | layernorm affine=no
input 7x5x6 | layernorm bias=no
input 7x5x6 | layernorm all
input 7x5x6 | layernorm all affine=no
input 7x5x6 | layernorm all bias=no
input 7x6 | layernorm
input 6 | layernorm
input 6 | layernorm all
input 5x6 ; tokens | layernorm
input 5x6 ; tokens | layernorm bias=no eps=0.1
input 5x6 ; tokens | layernorm all
input 5x6 ; tokens | layernorm all affine=no
input R of 3x4x6 | layernorm all
input R of 3x4x6 | layernorm
input 7x5x6 | groupnorm 3
input 7x5x6 | groupnorm 2 affine=no eps=0.1
input 6 | groupnorm 3
input 5x6 ; tokens | groupnorm 3
input 5x6 ; tokens | groupnorm 3 affine=no
input T of 6 | groupnorm 2
input 7x6 | groupnorm 3
input 4x3x2x6 | groupnorm 3
input 7x5x6 | instancenorm
input 7x5x6 | instancenorm affine=yes
input 7x6 | instancenorm
input 3x2x4x6 | instancenorm affine=yes
input 7x5x6 | l2norm scale=20
input 7x5x6 | l2norm affine=no
input 6 | l2norm
input 5x6 ; tokens | l2norm
input 7x5x6 | upsample 3
input 7x5x6 | upsample 1x2
input 7x5x6 | upsample 2 bilinear
input 7x5x6 | upsample 2 bilinear corners=yes
input 7x5x6 | upsample 3 bicubic
input 7x5x6 | upsample 3 bicubic corners=yes
input 7x6 | upsample 2
input 7x6 | upsample 3 bilinear
input 4x3x5x6 | upsample 2
input 4x3x5x6 | upsample 2 bilinear
input 4x3x5x6 | upsample 2 bilinear corners=yes
input 1x1x6 | upsample 4 bilinear
input 7x5x6 | resize 11x13
input 7x5x6 | resize 3x2
input 7x5x6 | resize 11x13 bilinear
input 7x5x6 | resize 3x2 bilinear
input 7x5x6 | resize 11x1 bilinear corners=yes
input 7x5x6 | resize 1x1 bilinear
input 7x5x6 | resize 11x13 bicubic
input 7x5x6 | resize 3x4 bicubic corners=yes
input 4x3x5x6 | resize 5x5x5 bilinear
input 7x5x6 | resize 7x5
input 33x21x2 | resize 129x57
input 7x5x6 | crop 3x3
input 7x5x6 | crop 3x5
input 7x5x6 | crop 4x2 at=1
input 7x5x6 | crop 7x5
input 7x5x6 | pad 1
input 7x5x6 | pad 1x2 reflect
input 7x5x6 | pad 2 replicate
input 7x5x6 | pad 2x1 circular
input 7x5x6 | pad 2 circular before
input 7x5x6 | pad 2 circular after
input 7x5x6 | pad 1 before
input 7x5x6 | pad 1x2 reflect after
input 7x6 | pad 2 reflect
input 3x4x5x6 | pad 1 replicate
input 3x4x5x6 | pad 1x2x1 circular
input 7x5x8 | pixelshuffle 2
input 6x4x3 | unshuffle 2
input 6x4x3 | unshuffle 2 order=places
input 6x9x2 | unshuffle 3
input 7x5x6 | chunk 2 of=3
input 5x6 ; tokens | chunk 2 of=2
input 6 | chunk 1 of=2
input 7x5x6 | shuffle 3
input 5x6 ; tokens | shuffle 2
input 6 | shuffle 2
input 7x5x6 | morechannels 9
input 5x6 ; tokens | morechannels 9
input 6 | morechannels 9
input 7x5x6 | gram mean
input 5x6 ; tokens | gram mean
input T of 6 | gram mean
input 7x6 | gram
input 7x5x6 | tokens
input 7x5x6 | tokens 3
input 6 | tokens 3
input 6 | tokens
input 7x6 | tokens
input 7x6 | tokens 2
input 5x6 ; tokens | token last
input 12x6 ; tokens | map 4x3
input 12x6 ; tokens | map 12
input 5x6 ; tokens | transpose
input 5x6 ; tokens | flatten
input R of 3x2x6 | flatten
input R of 3x2x6 | fc 4
input R of 3x2x6 | reshape 36
input R of 3x2x6 | reshape 3x3x4
input R of 3x2x6 | mean things
input R of 3x2x6 | conv 2x2 3 ; bn ; relu
input 36 | reshape 3x2x6
input T of 6 | mean things
input T of 6 | max things
input T of 6 | sum things
input 5x6 ; tokens | classtoken ; positions
input T of 6 | positions longest=9
input 5x6 ; tokens | positions longest=9
input T of 6 | classtoken
input 5x6 ; tokens | attention 2
input 5x6 ; tokens | attention 2 bias=no
input 5x6 ; tokens | attention 3 causal
input T of 6 | attention 2 causal
input 5x6 ; tokens | lstm 4
input T of 6 | lstm 4 bidirectional
input T of 6 | lstm 4 bidirectional layers=3
input T of 6 | lstm 4 layers=2 bias=no
input T of 6 | gru 4
input T of 6 | gru 4 bidirectional bias=no
input T of 6 | gru 5 layers=2
input T of 6 | rnn 4
input T of 6 | rnn 4 relu bidirectional layers=2
input 6 | lstm 4
input 6 | gru 4 layers=2
input 6 | rnn 4 relu
input T of int | embed 5 vocab=7
input 8x6x4 | windowattention 2 4x3
input 8x6x4 | windowattention 2 4x3 shift=2
input 7x5x4 | windowattention 2 4x3 shift=1
input 4x9x4 | windowattention 2 4x3 shift=2 bias=no
input 7x7x4 | windowattention 2 7x7 shift=3
input 5x5x4 | windowattention 2 7x7 shift=3
input 7x5x4 | noise 0.5 ; scale 2
input 7x5x4 | layerscale 0.5
input 5x4 ; tokens | layerscale 0.5
input 3x4x4 | maxpool 2x2/3 ceil
input 3x4x4 | avgpool 2x2/3 ceil
input 8x7x4 | maxpool 2x2/2 ceil
input 124x6x2 | resize 148x9
input 9x6x2 | resize 6x4
input 7x5x3 | relu
input 7x5x3 | selu
input 7x5x3 | silu
input 7x5x3 | hswish
input 7x5x3 | hsigmoid
input 7x5x3 | sigmoid
input 7x5x3 | tanh
input 7x5x3 | mish
input 7x5x3 | softplus
input 7x5x3 | exp
input 7x5x3 | dropout
input 7x5x3 | pixelunshuffle 1
input 7x5x3 | identity ; relu
"""
"""an input, and behind the bar what is done with it"""
