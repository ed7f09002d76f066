# %% [markdown] lang="en"
# # 3. A network, layer by layer
#
# *Slides 28-42 of the lecture.* A network is many nodes in layers. Each node adds up its weighted inputs and sends the sum through an activation function. You write the activation functions, then one layer, then the whole forward pass, and you see why a network needs something that is not linear.
# %% [markdown] lang="ja"
# # 3. ネットワークの推論
#
# *講義スライド 28〜42。* ネットワークは，層に並んだたくさんのノードです。各ノードは重みをつけて入力を足し合わせ，その和を活性化関数に通します。活性化関数，1 つの層，順伝播の全体を順に書き，なぜ線形でないものが必要なのかを確かめます。
# %%
import os

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import numpy as np

import koubai.explain as explain
from koubai.explain.network.given import given_network

check = explain.Checks(globals())


# %% [markdown] lang="en"
# ## Activation functions (slides 32-36)
#
# $$\mathrm{step}(u) = \begin{cases}1 & u > 0\\0 & u \le 0\end{cases}\qquad \mathrm{sigmoid}(u) = \frac{1}{1 + e^{-u}}\qquad \mathrm{ReLU}(u) = \max(0, u)$$
#
# **Task 3.1.** Write the three functions so that they work for a number and for an array, entry by entry.
# %% [markdown] lang="ja"
# ## 活性化関数（スライド 32〜36）
#
# $$\mathrm{step}(u) = \begin{cases}1 & u > 0\\0 & u \le 0\end{cases}\qquad \mathrm{sigmoid}(u) = \frac{1}{1 + e^{-u}}\qquad \mathrm{ReLU}(u) = \max(0, u)$$
#
# **課題 3.1** この 3 つの関数を，数値にも配列にも（要素ごとに）使えるように書いてください。
# %% task="activations"
def step(u):
    ### BEGIN SOLUTION
    return (np.asarray(u) > 0).astype(float)
    ### END SOLUTION


def sigmoid(u):
    ### BEGIN SOLUTION
    return 1 / (1 + np.exp(-np.asarray(u)))
    ### END SOLUTION


def relu(u):
    ### BEGIN SOLUTION
    return np.maximum(0, u)
    ### END SOLUTION


# %% check="activations" points=3
check("step(np.array([-2.0, 0.0, 2.0]))", [0, 0, 1], both("step(0) is 0.", "step(0) は 0 です。"))
check("sigmoid(0)", 0.5)
check(
    "sigmoid(np.array([-2.0, 0.0, 2.0]))",
    [0.11920292, 0.5, 0.88079708],
    mistakes=[([0.88079708, 0.5, 0.11920292], both("The sign in the exponent is turned.", "指数の符号が逆です。"))],
)
check("relu(np.array([-2.0, 0.0, 2.0]))", [0, 0, 2])

# %% [markdown] lang="en"
# Slide 34 gives [−1, 1] as the range of the sigmoid; that is a slip: its values lie in (0, 1). Its derivative is $\sigma'(u) = \sigma(u)(1 - \sigma(u))$, at most 1/4. koubai shows value, derivative and curves:
# %% [markdown] lang="ja"
# スライド 34 ではシグモイド関数の値域が [−1, 1] となっていますが，正しくは (0, 1) です。微分は $\sigma'(u) = \sigma(u)(1 - \sigma(u))$ で，最大でも 1/4 です。値と微分，曲線を koubai で見てみましょう。
# %%
explain.activation("sigmoid", 0)


# %% [markdown] lang="en"
# ## Softmax (slide 35)
#
# For many classes, the output layer turns its sums $u_k$ into probabilities:
#
# $$\mathrm{softmax}(\mathbf{u})_k = \frac{e^{u_k}}{\sum_j e^{u_j}}$$
#
# $e^{1000}$ is too large for a computer. Nothing changes, though, if the same number is subtracted from all $u_k$; with the largest, no exponent is positive.
#
# **Task 3.2.** Write `softmax(u)` for one vector, such that it also works for (1000, 1001).
# %% [markdown] lang="ja"
# ## ソフトマックス関数（スライド 35）
#
# 多クラス分類では，出力層が和 $u_k$ を確率に変えます。
#
# $$\mathrm{softmax}(\mathbf{u})_k = \frac{e^{u_k}}{\sum_j e^{u_j}}$$
#
# $e^{1000}$ は大きすぎて計算できません。しかし，すべての $u_k$ から同じ数を引いても結果は変わりません。最大値を引けば，指数が正になることはありません。
#
# **課題 3.2** 1 つのベクトルについて `softmax(u)` を書いてください。(1000, 1001) でも計算できるようにします。
# %% task="softmax"
def softmax(u):
    ### BEGIN SOLUTION
    e = np.exp(u - np.max(u))
    return e / e.sum()
    ### END SOLUTION


# %% check="softmax" points=3
check(
    "softmax(np.array([10.0, 2.0, 1.0])).round(4)",
    [0.9995, 0.0003, 0.0001],
    both("These are the numbers of slide 35.", "スライド 35 の数値です。"),
)
check("softmax(np.array([1.0, 2.0, 3.0])).sum()", 1)
check(
    "softmax(np.array([1000.0, 1001.0]))",
    [0.26894142, 0.73105858],
    both("Subtract the largest u first.", "先に最大の u を引いてください。"),
)


# %% [markdown] lang="en"
# ## One layer (slides 37-40)
#
# Node $i$ of layer $l$ computes $u_i = b_i + \sum_j w_{ij} z_j$ and $z_i = \varphi(u_i)$; $w_{ij}$ leads **from** node $j$ **to** node $i$. All nodes at once: $\mathbf{u} = W\mathbf{z} + \mathbf{b}$, with one row of $W$ for each node of the layer.
#
# **Task 3.3.** Write `layer(W, b, z, phi)`, the activations of a layer, and `forward(layers, x)`, the output of a network: `layers` is a list of `(W, b, phi)`.
# %% [markdown] lang="ja"
# ## 1 つの層（スライド 37〜40）
#
# 第 $l$ 層のノード $i$ は $u_i = b_i + \sum_j w_{ij} z_j$ と $z_i = \varphi(u_i)$ を計算します。$w_{ij}$ はノード $j$ **から** ノード $i$ **へ** の重みです。すべてのノードをまとめると $\mathbf{u} = W\mathbf{z} + \mathbf{b}$ となり，$W$ の 1 行が 1 つのノードにあたります。
#
# **課題 3.3** 層の出力を返す `layer(W, b, z, phi)` と，ネットワークの出力を返す `forward(layers, x)` を書いてください。`layers` は `(W, b, phi)` のリストです。
# %% task="forward"
def layer(W, b, z, phi):
    ### BEGIN SOLUTION
    return phi(np.asarray(W) @ z + b)
    ### END SOLUTION


def forward(layers, x):
    ### BEGIN SOLUTION
    z = np.asarray(x)
    for W, b, phi in layers:
        z = layer(W, b, z, phi)
    return z
    ### END SOLUTION


# %% check="forward" points=4
W1, b1 = np.array([[0.5, 1.0], [-1.0, 0.5]]), np.array([0.0, 0.5])
W2, b2 = np.array([[1.0, -2.0]]), np.array([0.5])


def identity(u):
    return u


network = [(W1, b1, relu), (W2, b2, identity)]
check(
    "layer(W1, b1, np.array([1.0, 2.0]), relu)",
    [2.5, 0.5],
    mistakes=[
        (
            [0, 2.5],
            both(
                "W is transposed: row i holds the weights into node i.",
                "W が転置されています。第 i 行がノード i への重みです。",
            ),
        ),
        ([2.5, 0], both("The bias is missing.", "バイアスを足していません。")),
    ],
)
check("forward(network, [1.0, 2.0])", [2])
check(
    "forward(network, [2.0, -1.0])",
    [0.5],
    both("Where u < 0, ReLU gives 0.", "u < 0 のノードでは ReLU は 0 になります。"),
)

# %% [markdown] lang="en"
# The same network in koubai, with every number where it comes from:
# %% [markdown] lang="ja"
# 同じネットワークを koubai で計算すると，すべての数値の由来が分かります。
# %%
sample = given_network([W1.tolist(), W2.tolist()], [b1.tolist(), b2.tolist()], ["relu", "identity"], x=[[1.0, 2.0]])
explain.forward(sample.network, sample.theta, sample.inputs[0])


# %% [markdown] lang="en"
# ## Why not without activation functions? (slide 31)
#
# Without activation functions, two layers compute $W_2(W_1\mathbf{x} + \mathbf{b}_1) + \mathbf{b}_2$. Multiply it out: that is one layer, with another matrix and another bias.
#
# **Task 3.4.** Write `collapsed(W1, b1, W2, b2)`, which returns the matrix and the bias of this one layer.
# %% [markdown] lang="ja"
# ## 活性化関数がなかったら（スライド 31）
#
# 活性化関数がなければ，2 つの層は $W_2(W_1\mathbf{x} + \mathbf{b}_1) + \mathbf{b}_2$ を計算します。展開してみると，行列とバイアスが異なるだけの 1 つの層になります。
#
# **課題 3.4** その 1 つの層の行列とバイアスを返す `collapsed(W1, b1, W2, b2)` を書いてください。
# %% task="collapsed"
def collapsed(W1, b1, W2, b2):
    ### BEGIN SOLUTION
    return W2 @ W1, W2 @ b1 + b2
    ### END SOLUTION


# %% check="collapsed" points=2
check(
    "collapsed(W1, b1, W2, b2)[0]",
    [[2.5, 0]],
    both("The matrix is W2 W1, in this order.", "行列は W2 W1 です（この順番）。"),
)
check(
    "collapsed(W1, b1, W2, b2)[1]",
    [-0.5],
    mistakes=[([0.5], both("b1 goes through W2 as well.", "b1 にも W2 を掛けます。"))],
)
linear = [(W1, b1, identity), (W2, b2, identity)]
check("forward(linear, [3.0, -4.0]) - collapsed(W1, b1, W2, b2)[0] @ [3.0, -4.0]", [-0.5])

# %% [markdown] lang="en"
# ## To think about
#
# - How many weights and biases has a 784-1024-512-10 network, and how many products does one forward pass take?
# - Which of the activation functions could you put behind the last layer if the network predicts a price? A probability? One of ten digits?
# %% [markdown] lang="ja"
# ## 考えてみましょう
#
# - 784-1024-512-10 のネットワークには重みとバイアスがいくつありますか。1 回の順伝播で掛け算は何回必要ですか。
# - 価格を予測するとき，確率を予測するとき，10 種類の数字のどれかを当てるとき，最後の層にはどの活性化関数を置けばよいでしょうか。
