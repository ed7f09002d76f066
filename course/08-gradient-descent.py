# %% [markdown] lang="en"
# # 8. Gradient descent
#
# *Slides 67-76 of the lecture.* The gradient says which way is up; descent goes the other way, step by step. You write it, compare it with a minimum computed by hand, see it fail in two ways, fit a line to a thousand points, and find out why one looks at one example at a time.
# %% [markdown] lang="ja"
# # 8. 最急降下法
#
# *講義スライド 67〜76。* 勾配は上り坂の向きを教えてくれます。その逆へ一歩ずつ進むのが最急降下法です。自分で書いて手計算の最小値と比べ，2 通りの失敗を見たあと，1000 個の点に直線を当てはめ，1 事例ずつ更新する理由を考えます。
# %%
import os

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import numpy as np

import koubai
import koubai.explain as explain

check = explain.Checks(globals())


# %% [markdown] lang="en"
# ## By hand (slide 69)
#
# $f(x) = x^4 - 2x^3 + 1$ has the derivative $f'(x) = 4x^3 - 6x^2 = 2x^2(2x - 3)$. It is 0 at $x = 0$, where the function goes on falling, and at $x = 3/2$, where the minimum $f(3/2) = -11/16$ lies.
#
# **Task 8.1.** Write `slope(x)`, and `descend(slope, x, alpha, n_steps)`, which returns the list of all points from the start on: $x^{(t+1)} = x^{(t)} - \alpha f'(x^{(t)})$.
# %% [markdown] lang="ja"
# ## 手計算で（スライド 69）
#
# $f(x) = x^4 - 2x^3 + 1$ の微分は $f'(x) = 4x^3 - 6x^2 = 2x^2(2x - 3)$ です。これが 0 になるのは，関数が減少し続ける $x = 0$ と，最小値 $f(3/2) = -11/16$ をとる $x = 3/2$ です。
#
# **課題 8.1** `slope(x)` と，出発点からのすべての点をリストにして返す `descend(slope, x, alpha, n_steps)` を書いてください：$x^{(t+1)} = x^{(t)} - \alpha f'(x^{(t)})$。
# %%
def f(x):
    return x**4 - 2 * x**3 + 1


# %% task="descend"
def slope(x):
    ### BEGIN SOLUTION
    return 4 * x**3 - 6 * x**2
    ### END SOLUTION


def descend(slope, x, alpha, n_steps):
    ### BEGIN SOLUTION
    points = [x]
    for _ in range(n_steps):
        x = x - alpha * slope(x)
        points.append(x)
    return points
    ### END SOLUTION


# %% check="descend" points=3
check("slope(2.0)", 8)
check(
    "len(descend(slope, 2.0, 0.01, 10))", 11, both("The start is a point of the path too.", "出発点も含めてください。")
)
check(
    "descend(slope, 2.0, 0.01, 1)[1]",
    1.92,
    mistakes=[(2.08, both("Descent goes against the slope: minus.", "勾配と逆の向きに進みます（マイナス）。"))],
)
check("descend(slope, 2.0, 0.01, 500)[-1]", 1.5)
check("f(descend(slope, 2.0, 0.01, 500)[-1])", -11 / 16)

# %% [markdown] lang="en"
# The same path by koubai. A click on the page's picture would start another one.
# %% [markdown] lang="ja"
# 同じ経路を koubai で描きます。
# %%
koubai.compare_descents("x**4 - 2*x**3 + 1", ["sgd"], [0.01], [2.0], max_steps=60)


# %% [markdown] lang="en"
# ## Two ways to fail (slide 74)
#
# 1. **The start decides.** From $x \le 0$, this descent ends at $x = 0$, where the slope is 0 and no minimum is.
# 2. **The learning rate decides.** Near a minimum with $f'' = \lambda$, each step multiplies the distance by $1 - \alpha\lambda$. It shrinks only if $|1 - \alpha\lambda| < 1$, that is $\alpha < 2/\lambda$.
#
# **Task 8.2.** Write `largest_rate(curvature)`, the bound for α where the second derivative is `curvature`. Here $f''(x) = 12x^2 - 12x$, so $f''(3/2) = 9$.
# %% [markdown] lang="ja"
# ## 2 通りの失敗（スライド 74）
#
# 1. **出発点による失敗。** $x \le 0$ から始めると，傾きが 0 である $x = 0$ で止まってしまいます。そこは極小ではありません。
# 2. **学習率による失敗。** $f'' = \lambda$ である極小点の近くでは，1 回の更新で距離が $1 - \alpha\lambda$ 倍になります。縮むのは $|1 - \alpha\lambda| < 1$，つまり $\alpha < 2/\lambda$ のときだけです。
#
# **課題 8.2** 2 階微分が `curvature` であるときの α の上限を返す `largest_rate(curvature)` を書いてください。ここでは $f''(x) = 12x^2 - 12x$ なので $f''(3/2) = 9$ です。
# %% task="rate"
def largest_rate(curvature):
    ### BEGIN SOLUTION
    return 2 / curvature
    ### END SOLUTION


# %% check="rate" points=2
check("largest_rate(9)", 2 / 9)
check.that(
    "abs(descend(slope, 1.51, 0.9 * largest_rate(9), 300)[-1] - 1.5) < 1e-6",
    both("Below the bound, the path comes to the minimum.", "上限より小さければ極小点に着きます。"),
)
check.that(
    "abs(descend(slope, 1.51, 1.1 * largest_rate(9), 300)[-1] - 1.5) > 1e-2",
    both("Above the bound, it stays away.", "上限より大きければ着きません。"),
)
check.that(
    "abs(descend(slope, -0.5, 0.01, 20000)[-1]) < 0.02",
    both("From the left, the path creeps towards 0 and stays there.", "左から始めると 0 に近づいて止まります。"),
)

# %% [markdown] lang="en"
# ## A line through a thousand points
#
# Now a loss of data: $E(w, b) = \sum_i (y_i - (w x_i + b))^2$. (Without the factor 1/2, as in the lecture's exercise.)
#
# **Task 8.3.** Write `gradient(w, b, x, y)`, which returns $(\partial E/\partial w, \partial E/\partial b)$.
# %% [markdown] lang="ja"
# ## 1000 個の点に直線を当てはめる
#
# 次はデータについての損失 $E(w, b) = \sum_i (y_i - (w x_i + b))^2$ です（講義の演習に合わせて 1/2 はつけません）。
#
# **課題 8.3** $(\partial E/\partial w, \partial E/\partial b)$ を返す `gradient(w, b, x, y)` を書いてください。
# %%
rng = np.random.default_rng(0)
x = rng.uniform(-1, 1, 1000)
y = 3.14 * x - 1.59 + rng.normal(0, 0.3, 1000)


# %% task="line"
def gradient(w, b, x, y):
    ### BEGIN SOLUTION
    error = w * x + b - y
    return 2 * (error * x).sum(), 2 * error.sum()
    ### END SOLUTION


# %% check="line" points=3
check(
    "gradient(0, 0, np.array([1.0, 2.0]), np.array([1.0, 0.0]))",
    [-2, -2],
    mistakes=[
        ([-1, -1], both("The factor 2 of the square is missing.", "2 乗を微分したときの 2 が抜けています。")),
        ([2, 2], both("The sign is turned: the error is f(x) - y.", "符号が逆です。誤差は f(x) − y です。")),
    ],
)


def steepest(alpha, most_steps, enough):
    w = b = 0.0
    for _ in range(most_steps):
        dw, db = gradient(w, b, x, y)
        w, b = w - alpha * dw, b - alpha * db
        if max(abs(alpha * dw), abs(alpha * db)) < enough:
            break
    return w, b


check(
    "steepest(1e-4, 10_000, 1e-8)",
    np.polyfit(x, y, 1),
    both("The path must end at the least-squares line.", "最小二乗法の直線に着くはずです。"),
    tolerance=1e-5,
)

# %%
koubai.fit_points(x, y, learning_rate=1e-4, methods=["steepest", "sgd"], max_steps=3000)


# %% [markdown] lang="en"
# ## One example at a time (slides 75-76)
#
# One update over $n$ examples costs $n$ gradients of single examples. Stochastic gradient descent shuffles the data and updates after **each** example with that example's gradient alone: $n$ updates for the same price.
#
# **Task 8.4.** Write `sgd(x, y, alpha, n_epochs, rng)`: start from $w = b = 0$; in each epoch take the examples in the order `rng.permutation(len(x))`; return `(w, b)`. Use `gradient` on one example at a time.
# %% [markdown] lang="ja"
# ## 1 事例ずつ更新する（スライド 75〜76）
#
# $n$ 事例すべてを使う 1 回の更新には，1 事例の勾配 $n$ 回分の計算がかかります。確率的勾配降下法では，データをシャッフルし，**1 事例ごとに** その事例だけの勾配で更新します。同じ計算量で $n$ 回更新できます。
#
# **課題 8.4** `sgd(x, y, alpha, n_epochs, rng)` を書いてください。$w = b = 0$ から始め，各エポックで `rng.permutation(len(x))` の順に事例を取り出し，`(w, b)` を返します。`gradient` を 1 事例ずつに使ってください。
# %% task="sgd"
def sgd(x, y, alpha, n_epochs, rng):
    ### BEGIN SOLUTION
    w = b = 0.0
    for _ in range(n_epochs):
        for i in rng.permutation(len(x)):
            dw, db = gradient(w, b, x[i : i + 1], y[i : i + 1])
            w, b = w - alpha * dw, b - alpha * db
    return w, b
    ### END SOLUTION


# %% check="sgd" points=4
check(
    "sgd(x[:1], y[:1], 0.1, 1, rng)",
    [-0.2 * -y[0] * x[0], 0.2 * y[0]],
    both("One example, one update.", "1 事例につき 1 回更新します。"),
)
check.that(
    "np.abs(np.subtract(sgd(x, y, 0.01, 1, np.random.default_rng(1)), np.polyfit(x, y, 1))).max() < 0.2",
    both(
        "One epoch, a thousand updates, must already come near.",
        "1 エポック（1000 回の更新）でも近くまで来るはずです。",
    ),
)
check(
    "sgd(np.array([1.0, 2.0]), np.array([1.0, 0.0]), 0.1, 3, np.random.default_rng(3))",
    [-0.10144000, 0.20288000],
    both(
        "Shuffle anew in each epoch, with rng.permutation.", "エポックごとに rng.permutation でシャッフルしてください。"
    ),
)

# %% [markdown] lang="en"
# After one pass over the data, steepest descent has made one update, and the stochastic one a thousand. It never comes quite to rest: around the minimum, each example pulls its own way. A smaller α, or minibatches of some examples each, calm it down.
#
# ## To think about
#
# - What happens with `sgd` for α = 0.5? And for α = 1e-5?
# - Why is shuffling needed? What if all positive examples came first?
# %% [markdown] lang="ja"
# データを 1 巡したとき，最急降下法の更新は 1 回，確率的勾配降下法の更新は 1000 回です。ただし後者は完全には止まりません。最小点の周りでは，事例ごとに引っ張る向きが違うからです。α を小さくするか，いくつかの事例をまとめたミニバッチを使うと落ち着きます。
#
# ## 考えてみましょう
#
# - `sgd` で α = 0.5 にすると何が起こりますか。α = 1e-5 ではどうでしょうか。
# - なぜシャッフルするのでしょうか。正例ばかりが先に並んでいたらどうなりますか。
