"""How each step of each lesson is solved: settings that a student changes, epochs to train, and what else is done."""


def nodes(*hidden, kind="tanh"):
    return {"hidden": list(hidden), "activations": [kind] * len(hidden), "dropout": [0] * len(hidden)}


SOLUTIONS = {
    "perceptron": [{"epochs": 1}, {"epochs": 30}, {"epochs": 30}],
    "xor": [{"epochs": 20}, {"settings": nodes(5), "epochs": 400}, {"settings": {"features": ["x1*x2"]}, "epochs": 60}],
    "features": [{"epochs": 40}, {"settings": {"features": ["x1^2", "x2^2"]}, "epochs": 200}, {"epochs": 300}],
    "hidden-layers": [{"settings": nodes(4), "epochs": 300}, {"epochs": 600}, {"epochs": 60}],
    "learning-rate": [
        {"settings": {"learning_rate": 0.1}, "epochs": 140},
        {"epochs": 30},
        {"starts": 50},
        {"settings": nodes(5), "starts": 60},
    ],
    "backpropagation": [{"derivations": 1}, {"derivations": 2}],
    "optimizers": [
        {"epochs": 60},
        {"branch": {"optimizer": "momentum"}, "epochs": 60},
        {"settings": {"optimizer": "adam", "learning_rate": 0.03}, "epochs": 390},
    ],
    "activations": [{"epochs": 100}, {"settings": {"activations": ["relu"] * 4}, "epochs": 200}],
    "initial-values": [{"epochs": 60}, {"settings": {"init": "he_normal"}, "epochs": 300}],
    "batches": [{"epochs": 60}, {"settings": {"batch_size": 4}, "epochs": 75}],
    "overfitting": [
        {"epochs": 200},
        {"settings": {"n_rows": 2000, "train_ratio": 0.5}, "epochs": 60},
        {"settings": {"l2": 0.1}, "epochs": 200},
    ],
    "regression": [
        {"epochs": 20},
        {
            "settings": {**nodes(8), "optimizer": "adam", "learning_rate": 0.01, "train_ratio": 0.8},
            "epochs": 200,
        },
    ],
    "penguins": [{"epochs": 20}, {"settings": nodes(), "epochs": 20}],
    "convolution": [
        {"epochs": 20},
        {"derivations": 2},
        {"settings": {"filters": [4], "kernel_sizes": [3]}, "epochs": 30},
    ],
    "few-images": [
        {"epochs": 40},
        {"settings": {**nodes(), "filters": [8], "kernel_sizes": [3]}, "epochs": 60},
        {"settings": {"n_rows": 1790, "train_ratio": 0.7}, "epochs": 20},
    ],
}
"""By lesson, one a step."""
