# %% [markdown] lang="en"
# # 7. Backpropagation
#
# *Slides 55-66 of the lecture.* One pass forward, one pass back, and the gradient of every weight is there. You write the δ of the output layer, the δ of a hidden layer and the gradients, first for the lecture's formulas node by node in your head, then as matrices, and hold the result beside the numerical gradient of notebook 6.
# %% [markdown] lang="ja"
# # 7. 誤差逆伝播法
#
# *講義スライド 55〜66。* 順伝播を 1 回，逆伝播を 1 回行えば，すべての重みの勾配が得られます。出力層の δ，隠れ層の δ，勾配を順に書き，ノートブック 6 の数値微分と並べて答え合わせをします。
# %%
import os
import time
from itertools import pairwise

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import numpy as np

import koubai.explain as explain
from koubai.explain.network.given import given_network

check = explain.Checks(globals())


# %% [markdown] lang="en"
# ## The forward pass remembers
#
# The way back needs the numbers of the way there: all $\mathbf{u}^{(l)}$ and $\mathbf{z}^{(l)}$. A network is a list of `(W, b, phi)`, where `phi` is a pair of the activation function and its derivative.
#
# **Task 7.1.** Write `relu_slope(u)` and `sigmoid_slope(u)`, and `forward(network, x)`, which returns the lists `us` (one entry a layer) and `zs` (the input x first, then one entry a layer).
# %% [markdown] lang="ja"
# ## 途中の値を覚えておく
#
# 逆伝播には順伝播の途中の値，つまりすべての $\mathbf{u}^{(l)}$ と $\mathbf{z}^{(l)}$ が必要です。ネットワークは `(W, b, phi)` のリストで表し，`phi` は活性化関数とその導関数の組とします。
#
# **課題 7.1** `relu_slope(u)` と `sigmoid_slope(u)` を書いてください。また，リスト `us`（層ごとに 1 つ）と `zs`（先頭は入力 x，そのあと層ごとに 1 つ）を返す `forward(network, x)` を書いてください。
# %% task="forward"
def sigmoid(u):
    return 1 / (1 + np.exp(-u))


def relu_slope(u):
    # en: 0 at u = 0, by convention
    # ja: u = 0 では 0 とする
    ### BEGIN SOLUTION
    return (u > 0).astype(float)
    ### END SOLUTION


def sigmoid_slope(u):
    ### BEGIN SOLUTION
    return sigmoid(u) * (1 - sigmoid(u))
    ### END SOLUTION


def forward(network, x):
    ### BEGIN SOLUTION
    us, zs = [], [np.asarray(x, dtype=float)]
    for W, b, (phi, _) in network:
        us.append(W @ zs[-1] + b)
        zs.append(phi(us[-1]))
    return us, zs
    ### END SOLUTION


# %% check="forward" points=2
RELU = (lambda u: np.maximum(0, u), relu_slope)
SIGMOID = (sigmoid, sigmoid_slope)
IDENTITY = (lambda u: u, np.ones_like)
W1, b1 = np.array([[0.5, 1.0], [-1.0, 0.5]]), np.array([0.0, 0.5])
W2, b2 = np.array([[1.0, -2.0]]), np.array([0.5])
small = [(W1, b1, RELU), (W2, b2, IDENTITY)]
check("relu_slope(np.array([-1.0, 0.0, 2.0]))", [0, 0, 1])
check("sigmoid_slope(np.array([0.0, 2.0]))", [0.25, 0.10499359])
check("len(forward(small, [1, 2])[1])", 3, both("zs begins with x itself.", "zs の先頭は x です。"))
check("forward(small, [1, 2])[0][0]", [2.5, 0.5])
check("forward(small, [1, 2])[1][-1]", [2])


# %% [markdown] lang="en"
# ## δ of the output layer (slides 55-61)
#
# $\delta_i^{(l)} = \partial E/\partial u_i^{(l)}$ says how the loss changes with the sum at node $i$. At the output, for half the squared error,
#
# $$\delta_i^{(L)} = (z_i^{(L)} - y_i)\,\varphi'(u_i^{(L)})$$
#
# **Task 7.2.** Write `output_delta(u, z, y, slope)`.
# %% [markdown] lang="ja"
# ## 出力層の δ（スライド 55〜61）
#
# $\delta_i^{(l)} = \partial E/\partial u_i^{(l)}$ は，ノード $i$ の和が変わると損失がどう変わるかを表します。1/2 の二乗誤差の場合，出力層では
#
# $$\delta_i^{(L)} = (z_i^{(L)} - y_i)\,\varphi'(u_i^{(L)})$$
#
# **課題 7.2** `output_delta(u, z, y, slope)` を書いてください。
# %% task="output-delta"
def output_delta(u, z, y, slope):
    ### BEGIN SOLUTION
    return (z - y) * slope(u)
    ### END SOLUTION


# %% check="output-delta" points=2
check(
    "output_delta(np.array([0.0]), np.array([0.5]), np.array([1.0]), sigmoid_slope)",
    [-0.125],
    mistakes=[
        ([-0.5], both("φ'(u) is missing.", "φ'(u) が抜けています。")),
        ([0.125], both("It is z - y, not y - z.", "y − z ではなく z − y です。")),
    ],
)


# %% [markdown] lang="en"
# ## δ of a hidden layer (slides 62-66)
#
# Node $i$ acts on the loss through all nodes $k$ of the next layer:
#
# $$\delta_i^{(l)} = \Big(\sum_k \delta_k^{(l+1)}\, w_{ki}^{(l+1)}\Big)\,\varphi'(u_i^{(l)})$$
#
# (Slide 62 prints $w_{ik}$; the right index is $w_{ki}$, the weight **from** $i$ **to** $k$.) As matrices: $\boldsymbol\delta^{(l)} = (W^{(l+1)\top}\boldsymbol\delta^{(l+1)}) \odot \varphi'(\mathbf{u}^{(l)})$.
#
# **Task 7.3.** Write `hidden_delta(W_next, delta_next, u, slope)`.
# %% [markdown] lang="ja"
# ## 隠れ層の δ（スライド 62〜66）
#
# ノード $i$ は，次の層のすべてのノード $k$ を通じて損失に影響します。
#
# $$\delta_i^{(l)} = \Big(\sum_k \delta_k^{(l+1)}\, w_{ki}^{(l+1)}\Big)\,\varphi'(u_i^{(l)})$$
#
# （スライド 62 では $w_{ik}$ となっていますが，正しくは $w_{ki}$，つまり $i$ **から** $k$ **へ** の重みです。）行列で書けば $\boldsymbol\delta^{(l)} = (W^{(l+1)\top}\boldsymbol\delta^{(l+1)}) \odot \varphi'(\mathbf{u}^{(l)})$ です。
#
# **課題 7.3** `hidden_delta(W_next, delta_next, u, slope)` を書いてください。
# %% task="hidden-delta"
def hidden_delta(W_next, delta_next, u, slope):
    ### BEGIN SOLUTION
    return (W_next.T @ delta_next) * slope(u)
    ### END SOLUTION


# %% check="hidden-delta" points=3
check("hidden_delta(W2, np.array([1.0]), np.array([2.5, 0.5]), relu_slope)", [1, -2])
check(
    "hidden_delta(W2, np.array([1.0]), np.array([2.5, -0.5]), relu_slope)",
    [1, 0],
    both("Where u < 0, ReLU lets nothing back.", "u < 0 のノードでは，ReLU は何も伝えません。"),
)
square = np.array([[1.0, 2.0], [3.0, 4.0]])
check(
    "hidden_delta(square, np.array([1.0, 1.0]), np.array([1.0, 1.0]), relu_slope)",
    [4, 6],
    mistakes=[
        (
            [3, 7],
            both(
                "W must be transposed: the sum runs over the nodes of the next layer.",
                "W を転置してください。次の層のノードについての和です。",
            ),
        )
    ],
)


# %% [markdown] lang="en"
# ## All gradients
#
# $\partial E/\partial w_{ij}^{(l)} = \delta_i^{(l)} z_j^{(l-1)}$, and $\partial E/\partial b_i^{(l)} = \delta_i^{(l)}$.
#
# **Task 7.4.** Write `backward(network, x, y)`: a list with one pair (gradient of W, gradient of b) for each layer, from the first to the last.
# %% [markdown] lang="ja"
# ## すべての勾配
#
# $\partial E/\partial w_{ij}^{(l)} = \delta_i^{(l)} z_j^{(l-1)}$，$\partial E/\partial b_i^{(l)} = \delta_i^{(l)}$ です。
#
# **課題 7.4** `backward(network, x, y)` を書いてください。（W の勾配，b の勾配）の組を，最初の層から順にリストにして返します。
# %% task="backward"
def backward(network, x, y):
    ### BEGIN SOLUTION
    us, zs = forward(network, x)
    delta = output_delta(us[-1], zs[-1], y, network[-1][2][1])
    gradients = [(np.outer(delta, zs[-2]), delta)]
    for at in range(len(network) - 2, -1, -1):
        delta = hidden_delta(network[at + 1][0], delta, us[at], network[at][2][1])
        gradients.insert(0, (np.outer(delta, zs[at]), delta))
    return gradients
    ### END SOLUTION


# %% check="backward" points=5
check("len(backward(small, [1, 2], [1]))", 2)
check(
    "backward(small, [1, 2], [1])[1][0]",
    [[2.5, 0.5]],
    both("δ of the output times z of the hidden layer.", "出力層の δ と隠れ層の z の積です。"),
)
check(
    "backward(small, [1, 2], [1])[0][0]",
    [[1, 2], [-2, -4]],
    mistakes=[
        (
            [[1, -2], [2, -4]],
            both("Rows belong to targets i, columns to sources j.", "行は行き先 i，列は出どころ j に対応します。"),
        )
    ],
)
check("backward(small, [1, 2], [1])[0][1]", [1, -2])

# %% [markdown] lang="en"
# koubai, on the same network and row: where does the gradient of $w_{21}^{(1)}$ come from?
# %% [markdown] lang="ja"
# 同じネットワーク，同じ事例について，$w_{21}^{(1)}$ の勾配がどこから来るのかを koubai に尋ねます。
# %%
sample = given_network(
    [W1.tolist(), W2.tolist()], [b1.tolist(), b2.tolist()], ["relu", "identity"], x=[[1, 2]], y=[[1]]
)
explain.backward(sample.network, sample.theta, sample.inputs[0], sample.targets[0], ask=explain.Ask.weight(1, 2, 1))


# %% [markdown] lang="en"
# ## Beside the numerical gradient
#
# Never trust a derivative that you have not checked. Here is a larger network with sigmoids, and the numerical gradient of one of its matrices.
#
# **Task 7.5.** Write `largest_difference(network, x, y)`: the largest absolute difference between your gradient and the numerical one, over all weights of all layers (without biases).
# %% [markdown] lang="ja"
# ## 数値微分と比べる
#
# 確かめていない微分を信用してはいけません。次に，シグモイド関数を使ったもう少し大きなネットワークと，重み行列 1 つの数値微分を用意しました。
#
# **課題 7.5** 自分の勾配と数値微分との差の絶対値の，すべての層のすべての重み（バイアスは除く）にわたる最大値を返す `largest_difference(network, x, y)` を書いてください。
# %%
def numerical(network, at, x, y, h=1e-5):
    W = network[at][0]
    gradient = np.zeros_like(W)
    for cell in np.ndindex(W.shape):
        kept = W[cell]
        losses = []
        for moved in (kept + h, kept - h):
            W[cell] = moved
            losses.append(((y - forward(network, x)[1][-1]) ** 2).sum() / 2)
        W[cell] = kept
        gradient[cell] = (losses[0] - losses[1]) / (2 * h)
    return gradient


rng = np.random.default_rng(0)
sizes = (6, 8, 5, 3)
larger = [(rng.normal(size=(n, m)), rng.normal(size=n), SIGMOID) for m, n in pairwise(sizes)]
x, y = rng.normal(size=6), np.array([1.0, 0.0, 0.0])


# %% task="compare"
def largest_difference(network, x, y):
    ### BEGIN SOLUTION
    exact = backward(network, x, y)
    return max(abs(exact[at][0] - numerical(network, at, x, y)).max() for at in range(len(network)))
    ### END SOLUTION


# %% check="compare" points=3
check.that(
    "largest_difference(larger, x, y) < 1e-8",
    both("One of the gradients is wrong; which layer is it?", "どこかの勾配が誤っています。どの層でしょうか。"),
)
wrong = [(W, b, (SIGMOID[0], np.ones_like)) for W, b, _ in larger]
check.that(
    "largest_difference(wrong, x, y) > 1e-3",
    both("With a wrong derivative of φ the difference must be seen.", "φ の微分を誤れば，差が現れるはずです。"),
)

# %% [markdown] lang="en"
# And how long does each take?
# %% [markdown] lang="ja"
# それぞれの所要時間も比べてみましょう。
# %%
for name, way in (
    (both("one sweep back", "逆伝播 1 回"), backward),
    (both("differences", "数値微分"), largest_difference),
):
    begin = time.perf_counter()
    try:
        way(larger, x, y)
    except NotImplementedError:
        continue
    print(f"{name}: {1000 * (time.perf_counter() - begin):.2f} ms")

# %% [markdown] lang="en"
# ## To think about
#
# - Multiply many numbers of at most 1/4, the largest slope of a sigmoid. What does that mean for the first layers of a deep network?
# - With all weights 0 at the start, what are the δ of the hidden layer? Why are weights started at random?
# - More exercises with your own numbers: `koubai quiz backward --interactive` (on the command line).
# %% [markdown] lang="ja"
# ## 考えてみましょう
#
# - シグモイド関数の微分は最大でも 1/4 です。それを何回も掛け合わせると，深いネットワークの最初のほうの層では何が起こるでしょうか。
# - 重みをすべて 0 から始めると，隠れ層の δ はいくつになりますか。重みを乱数で初期化するのはなぜでしょうか。
# - 数値を変えた練習問題もあります：`koubai quiz backward --interactive --lang ja`（コマンドライン）。
