"""LeNet-5 as an ONNX model, from weights by PyTorch's names."""


def onnx_lenet(weights):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants, last = [], [], "x"
    for i, name in enumerate(("conv1", "conv2", "fc1", "fc2", "fc3")):
        weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        constants += [numpy_helper.from_array(weight, f"w{i}"), numpy_helper.from_array(bias, f"b{i}")]
        if weight.ndim == 4:
            nodes += [helper.make_node("Conv", [last, f"w{i}", f"b{i}"], [f"c{i}"]),
                      helper.make_node("Tanh", [f"c{i}"], [f"t{i}"]),
                      helper.make_node("MaxPool", [f"t{i}"], [f"p{i}"],
                                       kernel_shape=[2, 2], strides=[2, 2])]
            last = f"p{i}"
            continue
        if i == 2:
            nodes.append(helper.make_node("Flatten", [last], ["flat"]))
            last = "flat"
        nodes.append(helper.make_node("Gemm", [last, f"w{i}", f"b{i}"], [f"g{i}"], transB=1))
        last = f"g{i}"
        if i < 4:
            nodes.append(helper.make_node("Tanh", [last], [f"h{i}"]))
            last = f"h{i}"
    classes = len(weights["fc3.bias"])
    graph = helper.make_graph(
        nodes, "lenet",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 32, 32])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, ["n", classes])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 10
    onnx.checker.check_model(model)
    return model
