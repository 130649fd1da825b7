# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Other frameworks' layers as layers of the general form.

All of them compute the same sum and differ in what they crop, so each is a
rule for crop_begin and crop_end, with eff = dilation * (kernel_size - 1) + 1
and an uncropped length of (Lin - 1) * stride + eff.
"""

import numpy as np

from tconv import _check


def output_padding_crop(output_padding, stride, dilation):
    """A checked output_padding: what it takes off crop_end."""
    value = _check.one_integer("output_padding", output_padding)
    if value < 0:
        raise ValueError(f"output_padding must be >= 0, not {value}")
    if value >= stride and value >= dilation:
        raise ValueError(
            f"output_padding = {value} must be less than stride "
            f"= {stride} or dilation = {dilation}"
        )
    return value


def at_least(name, value, least):
    value = _check.one_integer(name, value)
    if value < least:
        raise ValueError(f"{name} must be >= {least}, not {value}")
    return value


def _weight(value, axes):
    value = _check.array("weight", value)
    if value.ndim != 3:
        raise ValueError(
            f"weight must have 3 axes, {axes}, not the shape {value.shape}"
        )
    if min(value.shape) < 1:
        raise ValueError(
            f"weight must not be empty; its shape is {value.shape}"
        )
    return value


class FromFrameworks:
    """Constructors that take other frameworks' arguments; a base of
    Conv1dTranspose."""

    @classmethod
    def from_new_signature(
        cls,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        output_padding=0,
        groups=1,
        bias=True,
        dilation=1,
        padding_mode="zeros",
        dtype=None,
        *,
        weight_init=None,
        bias_init=None,
        accuracy="default",
        target=None,
        engine=None,
        device=None,
        compilation="wait",
    ):
        """A layer with the arguments of MindSpore's announced newer signature,
        which are also those of torch.nn.ConvTranspose1d. Sizes may be
        1-tuples; dtype may be None or float32, and with a device's name also
        float16 and bfloat16."""
        sizes = {
            name: _check.one_integer(name, value)
            for name, value in {
                "kernel_size": kernel_size,
                "stride": stride,
                "padding": padding,
                "output_padding": output_padding,
                "dilation": dilation,
            }.items()
        }
        # The C interface calls it group; the message must name what came.
        groups = at_least("groups", groups, 1)
        for name, value in {
            "in_channels": in_channels,
            "out_channels": out_channels,
        }.items():
            if at_least(name, value, 1) % groups:
                raise ValueError(
                    f"groups = {groups} must divide {name} = {value}"
                )
        _check.choice("padding_mode", padding_mode, ("zeros",))
        dtype = _dtype_name(dtype, device)
        return cls(
            in_channels,
            out_channels,
            pad_mode="pad",
            group=groups,
            has_bias=_check.boolean("bias", bias),
            weight_init=weight_init,
            bias_init=bias_init,
            accuracy=accuracy,
            target=target,
            engine=engine,
            device=device,
            compilation=compilation,
            dtype=dtype,
            **sizes,
        )

    from_torch = from_new_signature

    @classmethod
    def from_onnx(
        cls,
        weight,
        bias=None,
        *,
        auto_pad="NOTSET",
        dilations=1,
        group=1,
        kernel_shape=None,
        output_padding=0,
        output_shape=None,
        pads=None,
        strides=1,
        length=None,
        accuracy="default",
        target=None,
        engine=None,
        device=None,
        compilation="wait",
    ):
        """A layer with the inputs W and B and the attributes of ONNX's
        ConvTranspose.

        weight is (Cin, Cout / group, K), bias (Cout) or None; pads is (begin,
        end). Attributes are ints or lists as ONNX has them. output_shape needs
        `length`, Lin, and the layer then takes inputs of that length only,
        since its crops depend on it.
        """
        weight = _weight(weight, "(Cin, Cout / group, K)")
        kernel = weight.shape[2]
        if (
            kernel_shape is not None
            and _check.one_integer("kernel_shape", kernel_shape) != kernel
        ):
            raise ValueError(
                f"kernel_shape = {kernel_shape} is not the weight's, {kernel}"
            )
        stride = at_least("strides", strides, 1)
        dilation = at_least("dilations", dilations, 1)
        group = at_least("group", group, 1)
        extra = output_padding_crop(output_padding, stride, dilation)
        _check.choice(
            "auto_pad",
            auto_pad,
            ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"),
        )
        eff = dilation * (kernel - 1) + 1
        begin, end = _onnx_pads(pads, auto_pad)
        wanted = None
        if output_shape is not None:
            wanted = at_least("output_shape", output_shape, 1)
            if length is None:
                raise ValueError(
                    f"length must be given with output_shape = "
                    f"{output_shape}: the crops depend on it"
                )
            length = at_least("length", length, 1)
            begin, end = _split(
                stride * (length - 1) + extra + eff - wanted, auto_pad
            )
        elif auto_pad.startswith("SAME"):
            begin, end = _split(extra + eff - stride, auto_pad)
        layer = cls.general(
            weight.shape[0],
            weight.shape[1] * group,
            kernel,
            stride,
            begin,
            end - extra,
            dilation,
            group,
            bias is not None,
            weight,
            _given_bias(bias),
            accuracy=accuracy,
            target=target,
            engine=engine,
            device=device,
            compilation=compilation,
        )
        if wanted is not None:
            layer._only_length = length
        return layer

    @classmethod
    def from_keras(
        cls,
        weight,
        bias=None,
        *,
        strides=1,
        padding="valid",
        output_padding=None,
        dilation_rate=1,
        accuracy="default",
        target=None,
        engine=None,
        device=None,
        compilation="wait",
    ):
        """A layer with the weights and arguments of Keras's Conv1DTranspose.

        weight is (K, Cout, Cin), bias (Cout) or None; x and y are NLC,
        channels last. The layer's own `.weight` is (Cin, Cout, K). padding is
        'valid' or 'same'.
        """
        weight = _weight(weight, "(K, Cout, Cin)").transpose(2, 1, 0)
        kernel = weight.shape[2]
        stride = at_least("strides", strides, 1)
        dilation = at_least("dilation_rate", dilation_rate, 1)
        _check.choice("padding", padding, ("valid", "same"))
        eff = dilation * (kernel - 1) + 1
        if output_padding is None:
            total = max(eff - stride, 0) if padding == "same" else 0
            begin, end = total // 2, eff - stride - total // 2
            if padding == "valid":
                end = min(eff - stride, 0)
        else:
            extra = output_padding_crop(output_padding, stride, dilation)
            total = (2 * (eff // 2) if padding == "same" else 0) - extra
            begin = max(total, 0) // 2
            end = total - begin
        layer = cls.general(
            weight.shape[0],
            weight.shape[1],
            kernel,
            stride,
            begin,
            end,
            dilation,
            1,
            bias is not None,
            weight,
            _given_bias(bias),
            accuracy=accuracy,
            target=target,
            engine=engine,
            device=device,
            compilation=compilation,
        )
        layer._channels_last = True
        return layer


def _given_bias(bias):
    if bias is None:
        return None
    return _check.array("bias", bias)


def _onnx_pads(pads, auto_pad):
    if pads is None:
        return 0, 0
    if not isinstance(pads, (tuple, list)):
        raise TypeError(
            f"pads must be a pair of ints, not {_check.describe(pads)}"
        )
    if len(pads) != 2:
        raise ValueError(f"pads must be (begin, end), not {pads!r}")
    pair = tuple(_check.integer("pads", value) for value in pads)
    if min(pair) < 0:
        raise ValueError(f"pads must be >= 0, not {pads!r}")
    if auto_pad != "NOTSET" and any(pair):
        raise ValueError(
            f"pads must be 0 with auto_pad = {auto_pad!r}, not {pads!r}"
        )
    return pair


def _split(total, auto_pad):
    """The crops (begin, end) of a total: an odd element goes to the end for
    SAME_UPPER, else to the start; a negative total lengthens the end."""
    if total < 0:
        return 0, total
    half = total // 2
    return (
        (half, total - half)
        if auto_pad == "SAME_UPPER"
        else (total - half, half)
    )


def _dtype_name(dtype, device):
    """The layer's name of a dtype; halves are a device's."""
    if dtype is None:
        return "float32"
    given = "bfloat16"  # which is no dtype of numpy's
    if str(dtype) != given:
        try:
            given = np.dtype(dtype).name
        except TypeError:
            raise TypeError(
                f"dtype must be None or a dtype, not {_check.describe(dtype)}"
            ) from None
    halves = () if device in (None, "cpu") else ("float16", "bfloat16")
    if given not in ("float32", *halves):
        wanted = " or ".join(("float32", *halves))
        raise ValueError(f"dtype must be {wanted}, not {given}")
    return given
