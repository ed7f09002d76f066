# %% [markdown] lang="en"
# # 10. Training a network of your own
#
# *Slides 28-76 of the lecture, put together.* You now have all the parts: forward pass, loss, backpropagation, stochastic gradient descent. In this notebook you put them together into a network that reads handwritten digits, from nothing but NumPy, for whole minibatches at once. At the end, koubai trains the same network, and you compare.
# %% [markdown] lang="ja"
# # 10. 自分でネットワークを学習させる
#
# *講義スライド 28〜76 のまとめ。* 順伝播・損失・誤差逆伝播法・確率的勾配降下法と，部品がそろいました。このノートブックではそれらを組み合わせ，手書き数字を読むネットワークを NumPy だけで作ります。計算はミニバッチごとにまとめて行います。最後に koubai で同じネットワークを学習させて比べます。
# %%
import os
from itertools import pairwise

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import koubai
import koubai.explain as explain

check = explain.Checks(globals())

# %% [markdown] lang="en"
# ## The data
#
# 1797 handwritten digits of 8 × 8 pixels. 500 of them are set aside: they are never trained on, and tell at the end how good the network is.
# %% [markdown] lang="ja"
# ## データ
#
# 8 × 8 画素の手書き数字が 1797 枚あります。そのうち 500 枚は学習に使わず取り分けておき，最後にネットワークの良さを測ります。
# %%
digits = load_digits()
order = np.random.default_rng(0).permutation(len(digits.data))
X, labels = digits.data[order] / 16, digits.target[order]
Y = np.eye(10)[labels]
X_test, labels_test, X, labels, Y = X[:500], labels[:500], X[500:], labels[500:], Y[500:]

figure, axes = plt.subplots(1, 10, figsize=(10, 1.4))
for axis, image, label in zip(axes, X, labels, strict=False):
    axis.imshow(image.reshape(8, 8), cmap="gray_r")
    axis.set_title(label)
    axis.axis("off")


# %% [markdown] lang="en"
# ## A start (He's initial values)
#
# If all weights are 0, all hidden nodes stay alike for ever. If they are too large or too small, the sums grow or vanish from layer to layer. For ReLU, normal random numbers with standard deviation $\sqrt{2/n_\mathrm{in}}$ keep their size (He and others 2015); biases start at 0.
#
# **Task 10.1.** Write `initial(sizes, rng)`: a list of pairs `[W, b]`, with `W` of shape **(n_in, n_out)**, so that a whole batch `Z` of rows goes through a layer as `Z @ W + b`. Draw each W with `rng.normal(0, …, (n_in, n_out))`.
# %% [markdown] lang="ja"
# ## 初期値（He の初期値）
#
# 重みがすべて 0 だと，隠れノードはいつまでも同じ働きしかしません。大きすぎたり小さすぎたりすると，和が層を重ねるごとに膨らんだり消えたりします。ReLU の場合，標準偏差 $\sqrt{2/n_\mathrm{in}}$ の正規乱数にすると大きさが保たれます（He ら 2015）。バイアスは 0 から始めます。
#
# **課題 10.1** `[W, b]` の組のリストを返す `initial(sizes, rng)` を書いてください。`W` の形は **(n_in, n_out)** とし，ミニバッチ `Z`（1 行が 1 事例）が `Z @ W + b` で層を通るようにします。W は `rng.normal(0, …, (n_in, n_out))` で作ってください。
# %% task="initial"
def initial(sizes, rng):
    ### BEGIN SOLUTION
    return [[rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out)), np.zeros(n_out)] for n_in, n_out in pairwise(sizes)]
    ### END SOLUTION


# %% check="initial" points=2
check("[W.shape for W, _ in initial((64, 32, 10), np.random.default_rng(0))]", [(64, 32), (32, 10)])
check("initial((64, 32, 10), np.random.default_rng(0))[0][1]", np.zeros(32))
check(
    "round(float(initial((50, 2000), np.random.default_rng(0))[0][0].std()), 2)",
    0.2,
    both("The standard deviation is sqrt(2 / n_in).", "標準偏差は sqrt(2 / n_in) です。"),
    mistakes=[(0.04, both("That is the variance; take the square root.", "それは分散です。平方根を取ってください。"))],
)


# %% [markdown] lang="en"
# ## Forward, in batches
#
# **Task 10.2.** Write `forward(parameters, X)`: a list that begins with `X` and holds the activations of each layer: ReLU in hidden layers, softmax of each **row** at the end.
# %% [markdown] lang="ja"
# ## ミニバッチの順伝播
#
# **課題 10.2** `forward(parameters, X)` を書いてください。先頭が `X`，そのあとに各層の出力が並ぶリストを返します。隠れ層は ReLU，最後の層は **行ごと** のソフトマックス関数です。
# %% task="forward"
def forward(parameters, X):
    ### BEGIN SOLUTION
    zs = [X]
    for W, b in parameters[:-1]:
        zs.append(np.maximum(0, zs[-1] @ W + b))
    W, b = parameters[-1]
    u = zs[-1] @ W + b
    e = np.exp(u - u.max(axis=1, keepdims=True))
    return [*zs, e / e.sum(axis=1, keepdims=True)]
    ### END SOLUTION


# %% check="forward" points=3
tiny = [[np.array([[1.0, -1.0]]), np.array([0.0, 1.0])], [np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros(2)]]
check("len(forward(tiny, np.array([[2.0], [0.0]])))", 3)
check(
    "forward(tiny, np.array([[2.0], [0.0]]))[1]",
    [[2, 0], [0, 1]],
    both("Hidden layers have ReLU.", "隠れ層は ReLU です。"),
)
check(
    "forward(tiny, np.array([[2.0], [0.0]]))[2].sum(axis=1)",
    [1, 1],
    both("Each row of the output adds up to 1.", "出力の各行の和は 1 です。"),
)
check("forward(tiny, np.array([[2.0], [0.0]]))[2][0]", [0.88079708, 0.11920292])


# %% [markdown] lang="en"
# ## Backward, in batches
#
# The loss is the cross-entropy, its **mean** over the batch of $n$ rows, so that α need not follow the batch size. With one δ a row: $\Delta^{(L)} = (Z^{(L)} - Y)/n$, then $\Delta^{(l)} = (\Delta^{(l+1)} W^{(l+1)\top}) \odot [\,Z^{(l)} > 0\,]$; gradients $Z^{(l-1)\top}\Delta^{(l)}$ for W, the column sums of $\Delta^{(l)}$ for b.
#
# **Task 10.3.** Write `loss(parameters, X, Y)`, the mean cross-entropy, and `gradients(parameters, X, Y)`: a list of pairs `(gradient of W, gradient of b)`.
# %% [markdown] lang="ja"
# ## ミニバッチの逆伝播
#
# 損失は交差エントロピーの，$n$ 行にわたる **平均** とします。こうすれば α をバッチサイズに合わせて変えずに済みます。1 行に 1 事例の δ を並べると，$\Delta^{(L)} = (Z^{(L)} - Y)/n$，$\Delta^{(l)} = (\Delta^{(l+1)} W^{(l+1)\top}) \odot [\,Z^{(l)} > 0\,]$ となります。勾配は，W については $Z^{(l-1)\top}\Delta^{(l)}$，b については $\Delta^{(l)}$ の列ごとの和です。
#
# **課題 10.3** 交差エントロピーの平均を返す `loss(parameters, X, Y)` と，（W の勾配，b の勾配）の組のリストを返す `gradients(parameters, X, Y)` を書いてください。
# %% task="backward"
def loss(parameters, X, Y):
    ### BEGIN SOLUTION
    return -(Y * np.log(forward(parameters, X)[-1] + 1e-300)).sum() / len(X)
    ### END SOLUTION


def gradients(parameters, X, Y):
    ### BEGIN SOLUTION
    zs = forward(parameters, X)
    delta = (zs[-1] - Y) / len(X)
    found = []
    for at in range(len(parameters) - 1, -1, -1):
        found.insert(0, (zs[at].T @ delta, delta.sum(axis=0)))
        delta = (delta @ parameters[at][0].T) * (zs[at] > 0)
    return found
    ### END SOLUTION


# %% check="backward" points=5
def numerical(parameters, at, cell, h=1e-6):
    W = parameters[at][0]
    kept, losses = W[cell], []
    for moved in (kept + h, kept - h):
        W[cell] = moved
        losses.append(loss(parameters, X[:20], Y[:20]))
    W[cell] = kept
    return (losses[0] - losses[1]) / (2 * h)


generator = np.random.default_rng(1)
start = [
    [generator.normal(0, 0.3, shape), generator.normal(0, 0.1, shape[1])] for shape in ((64, 16), (16, 12), (12, 10))
]
check(
    "loss([[np.zeros((64, 10)), np.zeros(10)]], X, Y)",
    np.log(10),
    both("Who knows nothing has the loss log 10.", "何も知らなければ損失は log 10 です。"),
)
check.that(
    "all(np.isclose(gradients(start, X[:20], Y[:20])[0][0][30, j], numerical(start, 0, (30, j)), atol=1e-7) for j in range(16))",
    both("The gradient of the first layer differs from the numerical one.", "最初の層の勾配が数値微分と一致しません。"),
)
check.that(
    "all(np.isclose(gradients(start, X[:20], Y[:20])[2][0][3, j], numerical(start, 2, (3, j)), atol=1e-7) for j in range(10))",
    both("The gradient of the last layer differs from the numerical one.", "最後の層の勾配が数値微分と一致しません。"),
)
check(
    "gradients([[np.zeros((64, 10)), np.zeros(10)]], X, Y)[0][1]",
    0.1 - Y.mean(axis=0),
    both("The gradient of b is the sum of δ over the rows.", "b の勾配は，δ を行について足したものです。"),
)


# %% [markdown] lang="en"
# ## Training
#
# **Task 10.4.** Write `train(parameters, X, Y, alpha, n_epochs, batch_size, rng)`: in each epoch shuffle with `rng.permutation(len(X))`, go through the rows in batches (the last may be smaller), and update all parameters in place (`W -= …`). Return the list of losses over all rows, one after each epoch. And `accuracy(parameters, X, labels)`: the share of rows whose largest output is at their label.
# %% [markdown] lang="ja"
# ## 学習
#
# **課題 10.4** `train(parameters, X, Y, alpha, n_epochs, batch_size, rng)` を書いてください。各エポックで `rng.permutation(len(X))` によりシャッフルし，ミニバッチごとに（最後は小さくなってもかまいません）すべてのパラメーターをその場で更新します（`W -= …`）。エポックが終わるたびに全行の損失を計算し，リストにして返します。また，最大の出力がラベルと一致する行の割合を返す `accuracy(parameters, X, labels)` を書いてください。
# %% task="train"
def train(parameters, X, Y, alpha, n_epochs, batch_size, rng):
    ### BEGIN SOLUTION
    losses = []
    for _ in range(n_epochs):
        order = rng.permutation(len(X))
        for begin in range(0, len(X), batch_size):
            rows = order[begin : begin + batch_size]
            for (W, b), (dW, db) in zip(parameters, gradients(parameters, X[rows], Y[rows]), strict=True):
                W -= alpha * dW
                b -= alpha * db
        losses.append(loss(parameters, X, Y))
    return losses
    ### END SOLUTION


def accuracy(parameters, X, labels):
    ### BEGIN SOLUTION
    return (forward(parameters, X)[-1].argmax(axis=1) == labels).mean()
    ### END SOLUTION


# %% check="train" points=5
zeros = [[np.zeros((64, 10)), np.zeros(10)]]
check(
    "accuracy(zeros, X[:100], np.zeros(100))",
    1,
    both("Of equal outputs argmax takes the first.", "出力が等しければ argmax は先頭を選びます。"),
)
check("len(train([[np.zeros((64, 10)), np.zeros(10)]], X, Y, 0.1, 3, 50, np.random.default_rng(0)))", 3)
one_step = [[np.zeros((64, 10)), np.zeros(10)]]
check("len(train(one_step, X, Y, 0.5, 1, len(X), np.random.default_rng(0)))", 1)
check(
    "one_step[0][1]",
    0.5 * (Y.mean(axis=0) - 0.1),
    both(
        "One batch of all rows is one step of steepest descent.",
        "全行を 1 つのバッチにすれば，最急降下法の 1 回の更新になります。",
    ),
)

# %%
try:
    network = initial((64, 32, 10), np.random.default_rng(0))
    losses = train(network, X, Y, 0.2, 40, 32, np.random.default_rng(0))
    plt.plot(range(1, 41), losses)
    plt.xlabel("epoch")
    plt.ylabel("loss")
except NotImplementedError:
    network = None

# %% check="digits" points=3
check.that(
    "accuracy(network, X, labels) > 0.98",
    both("The network has not even learned its training rows.", "学習に使った行さえ覚えられていません。"),
)
check.that(
    "accuracy(network, X_test, labels_test) > 0.93",
    both("New digits must be read well too.", "新しい数字もよく読めるはずです。"),
)

# %% [markdown] lang="en"
# ## The same with koubai
#
# One line, and the same kind of network. How near is yours?
# %% [markdown] lang="ja"
# ## koubai で同じことを
#
# 同じ構造のネットワークが 1 行で書けます。自分のものとどのくらい近いでしょうか。
# %%
model = koubai.MLPClassifier(
    (32,), optimizer="sgd", learning_rate_init=0.2, batch_size=32, epochs=40, random_state=0
).fit(X, labels)
print(f"koubai: {model.score(X, labels):.3f}, {model.score(X_test, labels_test):.3f}")
if network is not None:
    print(f"{both('yours', '自分')}: {accuracy(network, X, labels):.3f}, {accuracy(network, X_test, labels_test):.3f}")

# %% [markdown] lang="en"
# Which digit does the model take for another, and where does its answer come from? Ask for the largest output of one row:
# %% [markdown] lang="ja"
# モデルの答えはどこから来るのでしょうか。1 つの数字について尋ねてみましょう。
# %%
model.explain(X_test[0])

# %% [markdown] lang="en"
# ## To think about
#
# - Try α = 0.01 and α = 3. What do the loss curves look like, and why?
# - 32 hidden nodes, 4, 400: what happens to the accuracy on the training rows, and what to that on the test rows?
# - Put Adam of notebook 9 into `train`.
# %% [markdown] lang="ja"
# ## 考えてみましょう
#
# - α = 0.01 や α = 3 にすると，損失の曲線はどうなりますか。なぜでしょうか。
# - 隠れノードを 4 個，400 個に変えると，学習用の行とテスト用の行の正解率はそれぞれどう変わりますか。
# - ノートブック 9 の Adam を `train` に組み込んでみましょう。
