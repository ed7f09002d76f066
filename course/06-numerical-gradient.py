# %% [markdown] lang="en"
# # 6. The numerical gradient
#
# *Slides 52-54 and 84-88 of the lecture.* Which way must each weight move, so that the loss falls? The derivative says it. The plainest way to a derivative: move a little, look what happens. You write it for any function, find out how small "a little" should be, check the rules of the lecture's appendix with it, and use it on a network. It is slow; in the next notebook it becomes the judge of backpropagation.
# %% [markdown] lang="ja"
# # 6. 数値微分
#
# *講義スライド 52〜54，84〜88。* 損失を減らすには，それぞれの重みをどちらへ動かせばよいのでしょうか。それを教えてくれるのが微分です。微分を求める最も素朴な方法は，少し動かして変化を見ることです。どんな関数にも使える形で書き，「少し」とはどのくらいがよいかを調べ，講義の付録の公式を確かめ，最後にネットワークで使います。遅い方法ですが，次のノートブックでは誤差逆伝播法の答え合わせに活躍します。
# %%
import os
from itertools import pairwise

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import numpy as np

import koubai.explain as explain

check = explain.Checks(globals())


# %% [markdown] lang="en"
# ## One variable
#
# The **forward** difference is $\dfrac{f(x+h) - f(x)}{h}$, the **central** difference $\dfrac{f(x+h) - f(x-h)}{2h}$. The error of the first falls like $h$, that of the second like $h^2$.
#
# **Task 6.1.** Write both.
# %% [markdown] lang="ja"
# ## 1 変数の場合
#
# **前進差分** は $\dfrac{f(x+h) - f(x)}{h}$，**中心差分** は $\dfrac{f(x+h) - f(x-h)}{2h}$ です。誤差は，前者では $h$ に，後者では $h^2$ に比例して小さくなります。
#
# **課題 6.1** 両方を書いてください。
# %% task="differences"
def forward_difference(f, x, h=1e-5):
    ### BEGIN SOLUTION
    return (f(x + h) - f(x)) / h
    ### END SOLUTION


def central_difference(f, x, h=1e-5):
    ### BEGIN SOLUTION
    return (f(x + h) - f(x - h)) / (2 * h)
    ### END SOLUTION


# %% check="differences" points=2
def f(x):
    return x**4 - 2 * x**3 + 1


check("forward_difference(f, 2.0, 0.1)", 9.261, tolerance=1e-9)
check(
    "central_difference(f, 2.0, 0.1)",
    8.06,
    tolerance=1e-9,
    mistakes=[(16.12, both("The points are 2h apart.", "2 点の間隔は 2h です。"))],
)
check("central_difference(f, 2.0)", 8, both("f'(2) = 2·4·(2·2 - 3) = 8.", "f'(2) = 2·4·(2·2 − 3) = 8 です。"))


# %% [markdown] lang="en"
# ## How small is small?
#
# As $h$ falls, the formula gets better, but $f(x+h)$ and $f(x-h)$ get so alike that their difference consists of rounding errors. Look at the table: where is the smallest error, and why not at the smallest $h$?
# %% [markdown] lang="ja"
# ## どこまで小さくするか
#
# $h$ を小さくするほど公式は正確になりますが，$f(x+h)$ と $f(x-h)$ がほとんど同じ値になり，差が丸め誤差ばかりになってしまいます。表を見てください。誤差が最小になるのはどこでしょうか。なぜ最小の $h$ ではないのでしょうか。
# %% task="best-h"
def best_h(f, x, slope):
    # en: the h among 1e-1, 1e-2, …, 1e-15 with which the central difference is nearest to the slope
    # ja: 1e-1, 1e-2, …, 1e-15 のうち，中心差分が正しい微分 slope に最も近くなる h
    ### BEGIN SOLUTION
    candidates = 10.0 ** -np.arange(1, 16)
    errors = [abs(central_difference(f, x, h) - slope) for h in candidates]
    return candidates[int(np.argmin(errors))]
    ### END SOLUTION


# %%
for power in range(1, 16, 2):
    h = 10.0**-power
    try:
        print(f"h = 1e-{power:02d}   {abs(central_difference(f, 2.0, h) - 8):.1e}")
    except NotImplementedError:
        break

# %% check="best-h" points=2
check.that(
    "1e-7 <= best_h(f, 2.0, 8) <= 1e-4",
    both("Neither the largest nor the smallest h is best.", "最大の h でも最小の h でもありません。"),
)
check.that(
    "1e-7 <= best_h(np.exp, 1.0, np.e) <= 1e-4",
    both("Try all of them and take the one with the least error.", "すべて試して，誤差が最小のものを選んでください。"),
)


# %% [markdown] lang="en"
# ## Many variables
#
# The **gradient** of $f(\mathbf{x})$ holds one partial derivative for each entry of $\mathbf{x}$: move one entry, leave the others where they are.
#
# **Task 6.2.** Write `numerical_gradient(f, x, h)` for a vector `x`, by central differences. Leave `x` as it was.
# %% [markdown] lang="ja"
# ## 多変数の場合
#
# $f(\mathbf{x})$ の **勾配** は，$\mathbf{x}$ の成分ごとの偏微分を並べたものです。1 つの成分だけを動かし，ほかはそのままにします。
#
# **課題 6.2** ベクトル `x` について，中心差分で勾配を返す `numerical_gradient(f, x, h)` を書いてください。`x` は元のままにします。
# %% task="gradient"
def numerical_gradient(f, x, h=1e-5):
    ### BEGIN SOLUTION
    gradient = np.zeros_like(x, dtype=float)
    for j in range(len(x)):
        step = np.zeros_like(gradient)
        step[j] = h
        gradient[j] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient
    ### END SOLUTION


# %% check="gradient" points=3
point = np.array([3.0, -1.0, 2.0])
check(
    "numerical_gradient(lambda x: (x**2).sum(), point)",
    [6, -2, 4],
    both("The gradient of ‖x‖² is 2x.", "‖x‖² の勾配は 2x です。"),
)
check("numerical_gradient(lambda x: x[0] * x[1], point)", [-1, 3, 0])
check("point", [3, -1, 2], both("The point must be left as it was.", "x を書き換えたままにしないでください。"))


# %% [markdown] lang="en"
# ## The rules of slide 87
#
# Use your function to check the rules: $\partial(\mathbf{w}^\top\mathbf{x})/\partial\mathbf{x} = \mathbf{w}$, $\partial\lVert\mathbf{x}-\mathbf{a}\rVert^2/\partial\mathbf{x} = 2(\mathbf{x}-\mathbf{a})$ (slide 87 prints $2(\mathbf{w}-\mathbf{a})$, a slip) and $\partial\lVert A\mathbf{x}-\mathbf{b}\rVert^2/\partial\mathbf{x} = 2A^\top(A\mathbf{x}-\mathbf{b})$.
#
# **Task 6.3.** Write `slope_of_distance(A, x, b)`, which computes the last one by the rule, without differences.
# %% [markdown] lang="ja"
# ## スライド 87 の公式
#
# 自分の関数で公式を確かめましょう：$\partial(\mathbf{w}^\top\mathbf{x})/\partial\mathbf{x} = \mathbf{w}$，$\partial\lVert\mathbf{x}-\mathbf{a}\rVert^2/\partial\mathbf{x} = 2(\mathbf{x}-\mathbf{a})$（スライド 87 の $2(\mathbf{w}-\mathbf{a})$ は誤植です），$\partial\lVert A\mathbf{x}-\mathbf{b}\rVert^2/\partial\mathbf{x} = 2A^\top(A\mathbf{x}-\mathbf{b})$。
#
# **課題 6.3** 最後の微分を，差分を使わず公式で計算する `slope_of_distance(A, x, b)` を書いてください。
# %% task="distance"
def slope_of_distance(A, x, b):
    ### BEGIN SOLUTION
    return 2 * A.T @ (A @ x - b)
    ### END SOLUTION


# %% check="distance" points=2
rng = np.random.default_rng(0)
A, b = rng.normal(size=(4, 3)), rng.normal(size=4)
check(
    "slope_of_distance(A, point, b)",
    2 * A.T @ (A @ point - b),
    both("The rule is 2 Aᵀ(Ax - b).", "公式は 2 Aᵀ(Ax − b) です。"),
    mistakes=[(A.T @ (A @ point - b), both("The factor 2 is missing.", "係数 2 が抜けています。"))],
)
check(
    "slope_of_distance(A, point, b) - numerical_gradient(lambda x: ((A @ x - b) ** 2).sum(), point)",
    [0, 0, 0],
    both("The two ways must agree.", "2 つの方法の値は一致するはずです。"),
)

# %% [markdown] lang="en"
# koubai derives it symbolically and compares with central differences too:
# %% [markdown] lang="ja"
# koubai はこれを記号のまま導き，やはり中心差分と比べます。
# %%
explain.derivative("norm(A @ x - b)**2", "x")


# %% [markdown] lang="en"
# ## A network
#
# All weights and biases of a network, one after the other, are one long vector θ; the loss is a function of θ. Here is a 2-2-1 network with ReLU and half the squared error at one row: `loss_of(theta)`.
#
# **Task 6.4.** Write `passes_needed(sizes)`: how many forward passes does `numerical_gradient` take for a network of these layer sizes, such as `(784, 1024, 512, 10)` with biases?
# %% [markdown] lang="ja"
# ## ネットワークの勾配
#
# ネットワークの重みとバイアスをすべて並べると 1 本の長いベクトル θ になり，損失は θ の関数です。次の `loss_of(theta)` は，ReLU と 1/2 の二乗誤差をもつ 2-2-1 のネットワークの，1 事例についての損失です。
#
# **課題 6.4** 層の大きさが `sizes`，たとえば `(784, 1024, 512, 10)` のネットワーク（バイアスあり）で，`numerical_gradient` は順伝播を何回行うでしょうか。その回数を返す `passes_needed(sizes)` を書いてください。
# %%
def loss_of(theta):
    W1, b1, W2, b2 = theta[:4].reshape(2, 2), theta[4:6], theta[6:8].reshape(1, 2), theta[8:]
    z = W2 @ np.maximum(0, W1 @ [1.0, 2.0] + b1) + b2
    return ((1.0 - z) ** 2).sum() / 2


theta = np.array([0.5, 1.0, -1.0, 0.5, 0.0, 0.5, 1.0, -2.0, 0.5])


# %% task="passes"
def passes_needed(sizes):
    ### BEGIN SOLUTION
    return 2 * sum(n_in * n_out + n_out for n_in, n_out in pairwise(sizes))
    ### END SOLUTION


# %% check="passes" points=2
check("numerical_gradient(loss_of, theta)", [1, 2, -2, -4, 1, -2, 2.5, 0.5, 1])
check(
    "passes_needed((2, 2, 1))",
    18,
    both("Two passes for each weight and each bias.", "重みとバイアスの 1 つにつき 2 回です。"),
    mistakes=[
        (9, both("A central difference takes two passes.", "中心差分には 2 回の計算が必要です。")),
        (12, both("The biases are missing.", "バイアスを数えていません。")),
    ],
)
check(
    "passes_needed((784, 1024, 512, 10))",
    2667540,
    both("Two passes for each weight and each bias.", "重みとバイアスの 1 つにつき 2 回です。"),
)

# %% [markdown] lang="en"
# Millions of passes for one step of learning. The next notebook needs **one** pass forward and one back.
#
# ## To think about
#
# - At which points can a central difference lie about ReLU?
# - Why is the loss a function of θ here, and not of x?
# %% [markdown] lang="ja"
# 1 回の更新のために何百万回も順伝播をすることになります。次のノートブックの方法なら，順伝播と逆伝播が **1 回** ずつで済みます。
#
# ## 考えてみましょう
#
# - ReLU の中心差分が正しい微分にならないのは，どのような点でしょうか。
# - ここでは損失を x ではなく θ の関数とみなしました。なぜでしょうか。
