# %% [markdown] lang="en"
# # 5. The loss: how wrong is the network?
#
# *Slides 49-51 of the lecture.* Learning needs one number that says how wrong the answers are. You write the two losses of the lecture, squared error for numbers and cross-entropy for classes, make the second one safe from infinity, and see why it goes with softmax.
# %% [markdown] lang="ja"
# # 5. 損失：どれだけ間違えているか
#
# *講義スライド 49〜51。* 学習には，答えの間違いの大きさを表す 1 つの数が必要です。講義の 2 つの損失，すなわち数値の予測に使う二乗誤差と，分類に使う交差エントロピーを書き，後者を無限大から守り，なぜソフトマックス関数と組み合わせるのかを確かめます。
# %%
import os

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import numpy as np

import koubai.explain as explain

check = explain.Checks(globals())


# %% [markdown] lang="en"
# ## The squared error (slide 49)
#
# $$E = \frac12 \sum_i \lVert \mathbf{y}_i - f(\mathbf{x}_i) \rVert^2$$
#
# **Task 5.1.** Write `squared_error(z, y)` for outputs `z` and targets `y` of the same shape (a row for each example).
# %% [markdown] lang="ja"
# ## 二乗誤差（スライド 49）
#
# $$E = \frac12 \sum_i \lVert \mathbf{y}_i - f(\mathbf{x}_i) \rVert^2$$
#
# **課題 5.1** 出力 `z` と目標値 `y`（同じ形，1 行が 1 事例）について `squared_error(z, y)` を書いてください。
# %% task="squared-error"
def squared_error(z, y):
    ### BEGIN SOLUTION
    return ((np.asarray(y) - z) ** 2).sum() / 2
    ### END SOLUTION


# %% check="squared-error" points=1
check(
    "squared_error(np.array([[0.7], [2.0]]), np.array([[1.0], [0.0]]))",
    2.045,
    mistakes=[
        (4.09, both("The factor 1/2 is missing.", "1/2 が抜けています。")),
        (1.0225, both("Add up over the examples; do not take the mean.", "平均ではなく和を取ってください。")),
    ],
)


# %% [markdown] lang="en"
# ## Classes as vectors
#
# A class is not a number: class 2 is not twice class 1. The target of an example is a vector with a 1 at its class and 0 elsewhere (**one-hot**).
#
# **Task 5.2.** Write `one_hot(labels, n_classes)`, one row for each label (0, 1, …).
# %% [markdown] lang="ja"
# ## クラスをベクトルで表す
#
# クラスは数ではありません。クラス 2 はクラス 1 の 2 倍ではないからです。そこで目標値を，自分のクラスのところだけ 1，ほかは 0 のベクトルにします（**one-hot 表現**）。
#
# **課題 5.2** ラベル（0, 1, …）ごとに 1 行をもつ行列を返す `one_hot(labels, n_classes)` を書いてください。
# %% task="one-hot"
def one_hot(labels, n_classes):
    ### BEGIN SOLUTION
    return np.eye(n_classes)[labels]
    ### END SOLUTION


# %% check="one-hot" points=1
check("one_hot([2, 0], 3)", [[0, 0, 1], [1, 0, 0]])


# %% [markdown] lang="en"
# ## Cross-entropy (slides 50-51)
#
# $$E = -\sum_i \sum_k p_{ik} \log f_k(\mathbf{x}_i)$$
#
# With one-hot targets only the output of the true class counts: probability 1 costs 0, probability 1/2 costs $\log 2$, and probability 0 costs infinitely much.
#
# **Task 5.3.** Write `cross_entropy(z, p)` for output probabilities `z` and targets `p`, one row for each example. Where $p_{ik} = 0$, the term is 0, also if $z_{ik} = 0$.
# %% [markdown] lang="ja"
# ## 交差エントロピー（スライド 50〜51）
#
# $$E = -\sum_i \sum_k p_{ik} \log f_k(\mathbf{x}_i)$$
#
# 目標値が one-hot なら，正解のクラスの出力だけが効きます。確率 1 なら損失は 0，確率 1/2 なら $\log 2$，確率 0 なら無限大です。
#
# **課題 5.3** 出力の確率 `z` と目標値 `p`（1 行が 1 事例）について `cross_entropy(z, p)` を書いてください。$p_{ik} = 0$ の項は，$z_{ik} = 0$ でも 0 とします。
# %% task="cross-entropy"
def cross_entropy(z, p):
    ### BEGIN SOLUTION
    z, p = np.asarray(z), np.asarray(p)
    return -(p[p > 0] * np.log(z[p > 0])).sum()
    ### END SOLUTION


# %% check="cross-entropy" points=3
check(
    "cross_entropy([[0.7, 0.2, 0.1]], [[1, 0, 0]])",
    0.35667494,
    mistakes=[(-0.35667494, both("The sign is turned.", "符号が逆です。"))],
)
check(
    "cross_entropy([[0.7, 0.2, 0.1], [0.5, 0.25, 0.25]], [[1, 0, 0], [0, 0.5, 0.5]])",
    1.74296931,
    both("Sum over the rows and over the classes.", "行についてもクラスについても和を取ります。"),
)
check("cross_entropy([[1.0, 0.0]], [[1, 0]])", 0, both("0 times log 0 counts as 0.", "0 × log 0 は 0 とみなします。"))


# %% [markdown] lang="en"
# ## From the sums u
#
# If the network is sure and wrong, softmax rounds the true class's probability to 0, and the loss to infinity. The way out: put softmax into the logarithm,
#
# $$-\log\frac{e^{u_k}}{\sum_j e^{u_j}} = \log\sum_j e^{u_j} - u_k$$
#
# and subtract the largest $u$ before the exponential, as in notebook 3.
#
# **Task 5.4.** Write `loss_from_sums(u, k)`, the cross-entropy of one example whose class is `k`, from the vector `u`. It must work for u = (1000, 0).
# %% [markdown] lang="ja"
# ## 和 u から計算する
#
# ネットワークが自信をもって間違えると，ソフトマックス関数の値は丸められて 0 になり，損失が無限大になってしまいます。そこで，ソフトマックス関数を対数の中に入れて整理します。
#
# $$-\log\frac{e^{u_k}}{\sum_j e^{u_j}} = \log\sum_j e^{u_j} - u_k$$
#
# ノートブック 3 と同じように，指数を取る前に最大の $u$ を引いておきます。
#
# **課題 5.4** クラスが `k` である 1 事例の交差エントロピーを，ベクトル `u` から計算する `loss_from_sums(u, k)` を書いてください。u = (1000, 0) でも計算できるようにします。
# %% task="stable"
def loss_from_sums(u, k):
    ### BEGIN SOLUTION
    u = np.asarray(u) - np.max(u)
    return np.log(np.exp(u).sum()) - u[k]
    ### END SOLUTION


# %% check="stable" points=3
check("loss_from_sums(np.array([2.0, 1.0, 0.0]), 0)", 0.40760596)
check(
    "loss_from_sums(np.array([1000.0, 0.0]), 1)",
    1000,
    both("Subtract the largest u from all, in u_k too.", "u_k を含むすべての u から最大値を引いてください。"),
)


# %% [markdown] lang="en"
# ## Why softmax and cross-entropy go together
#
# What should change in $u_k$? For softmax with cross-entropy, the derivative is as simple as can be: $\partial E/\partial u_k = z_k - p_k$, output minus target. With the squared error behind a sigmoid it would be $(z - y)\,z\,(1 - z)$, which is almost 0 where the node is sure, even if it is sure of the wrong class.
#
# **Task 5.5.** Write `slope_cross_entropy(u, y)` and `slope_squared_error(u, y)`: the derivative with respect to `u` for **one** sigmoid output $z = \sigma(u)$ with target `y` (0 or 1). For the cross-entropy $-y\log z - (1-y)\log(1-z)$ it is again $z - y$.
# %% [markdown] lang="ja"
# ## ソフトマックス関数と交差エントロピーを組み合わせる理由
#
# $u_k$ をどう変えればよいのでしょうか。ソフトマックス関数と交差エントロピーなら，微分は $\partial E/\partial u_k = z_k - p_k$，つまり「出力 − 目標」という簡単な形になります。シグモイド関数に二乗誤差を使うと $(z - y)\,z\,(1 - z)$ となり，ノードが確信をもっているところでは，たとえ間違っていてもほぼ 0 になってしまいます。
#
# **課題 5.5** シグモイド関数の出力が **1 つ** の場合（$z = \sigma(u)$，目標値 `y` は 0 か 1）について，`u` での微分を返す `slope_cross_entropy(u, y)` と `slope_squared_error(u, y)` を書いてください。交差エントロピー $-y\log z - (1-y)\log(1-z)$ では，やはり $z - y$ になります。
# %% task="slopes"
def slope_cross_entropy(u, y):
    ### BEGIN SOLUTION
    return 1 / (1 + np.exp(-u)) - y
    ### END SOLUTION


def slope_squared_error(u, y):
    ### BEGIN SOLUTION
    z = 1 / (1 + np.exp(-u))
    return (z - y) * z * (1 - z)
    ### END SOLUTION


# %% check="slopes" points=2
check("slope_cross_entropy(0.0, 1)", -0.5)
check(
    "slope_squared_error(0.0, 1)",
    -0.125,
    mistakes=[
        (
            -0.5,
            both(
                "Multiply by the sigmoid's derivative z (1 - z).", "シグモイド関数の微分 z (1 − z) を掛けてください。"
            ),
        )
    ],
)
check.that(
    "abs(slope_cross_entropy(-6.0, 1)) > 100 * abs(slope_squared_error(-6.0, 1))",
    both(
        "At u = -6 with y = 1, cross-entropy must pull far harder.",
        "u = −6，y = 1 では，交差エントロピーのほうがはるかに強く引くはずです。",
    ),
)

# %%
explain.softmax([2, 1, 0], [1, 0, 0])

# %% [markdown] lang="en"
# ## To think about
#
# - A network for ten classes knows nothing and answers 1/10 for each. What is its loss for one example? Remember the number: a training that starts far above it has something wrong.
# - Why is the share of right answers no good as a loss for gradient descent?
# %% [markdown] lang="ja"
# ## 考えてみましょう
#
# - 10 クラスのネットワークが何も知らず，どのクラスにも 1/10 と答えるとき，1 事例の損失はいくつでしょうか。学習開始時の損失がこれより大幅に大きければ，どこかに誤りがあります。
# - 正解率をそのまま勾配法の損失にできないのはなぜでしょうか。
