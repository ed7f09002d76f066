# %% [markdown] lang="en"
# # 9. The family of optimizers
#
# *Slides 77-78 of the lecture.* In a long narrow valley, plain descent swings from wall to wall and hardly gets on. The methods of this family remember: past moves, or how large the gradients have been. You write four of them and let them race.
# %% [markdown] lang="ja"
# # 9. 最適化手法
#
# *講義スライド 77〜78。* 細長い谷では，単純な勾配降下法は谷の壁の間を往復するばかりで，なかなか前に進みません。そこで，これまでの動きや勾配の大きさを覚えておく手法が考えられました。4 つの手法を自分で書いて競争させます。
# %%
import os

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import numpy as np

import koubai
import koubai.explain as explain
from koubai.optimizers.registry import get_optimizer

check = explain.Checks(globals())


# %% [markdown] lang="en"
# ## The valley
#
# $f(x, y) = x^2 + 20y^2$: twenty times steeper across than along. The rules below are functions of the gradient `g`, the learning rate and a memory, and return the **step** to add to θ and the new memory. `run` lets a rule walk.
# %% [markdown] lang="ja"
# ## 谷
#
# $f(x, y) = x^2 + 20y^2$ は，谷を横切る向きの曲がり方が，谷に沿う向きの 20 倍です。以下の手法は，勾配 `g`，学習率 `alpha`，記憶を受け取り，θ に足す **更新量** と新しい記憶を返す関数として書きます。`run` は手法を繰り返し適用します。
# %%
def gradient(theta):
    return np.array([2.0, 40.0]) * theta


def run(rule, alpha, n_steps, start=(-9.0, 2.0)):
    theta, memory, path = np.array(start), None, [np.array(start)]
    for _ in range(n_steps):
        step, memory = rule(gradient(theta), alpha, memory)
        theta = theta + step
        path.append(theta)
    return np.array(path)


def descent(g, alpha, memory):
    return -alpha * g, None


run(descent, 0.045, 5)


# %% [markdown] lang="en"
# ## Momentum
#
# The last move continues, reduced by the factor μ: $\mathbf{v} \leftarrow \mu\mathbf{v} - \alpha\mathbf{g}$, $\theta \leftarrow \theta + \mathbf{v}$. Swings across the valley cancel out; along the valley, moves add up. The memory is $\mathbf{v}$, at first 0 (`None`).
#
# **Task 9.1.** Write `momentum(g, alpha, v, mu=0.9)`.
# %% [markdown] lang="ja"
# ## モメンタム
#
# 前回の動きを μ 倍して続けます：$\mathbf{v} \leftarrow \mu\mathbf{v} - \alpha\mathbf{g}$，$\theta \leftarrow \theta + \mathbf{v}$。谷を横切る往復は打ち消し合い，谷に沿う動きは積み重なります。記憶は $\mathbf{v}$ で，最初は 0（`None`）です。
#
# **課題 9.1** `momentum(g, alpha, v, mu=0.9)` を書いてください。
# %% task="momentum"
def momentum(g, alpha, v, mu=0.9):
    ### BEGIN SOLUTION
    v = np.zeros_like(g) if v is None else v
    v = mu * v - alpha * g
    return v, v
    ### END SOLUTION


# %% check="momentum" points=3
one = np.array([1.0, -2.0])
check(
    "momentum(one, 0.1, None)[0]",
    [-0.1, 0.2],
    both("The first step is that of plain descent.", "最初の更新は単純な勾配降下法と同じです。"),
)
check(
    "momentum(one, 0.1, np.array([1.0, 1.0]))[0]",
    [0.8, 1.1],
    mistakes=[
        ([0.9, 1.2], both("v is reduced by μ.", "v を μ 倍してください。")),
        ([1.0, 0.7], both("The gradient comes with a minus.", "勾配にはマイナスがつきます。")),
    ],
)


# %% [markdown] lang="en"
# ## Adagrad and RMSprop
#
# Each parameter gets a learning rate of its own: the step is divided by the size of the gradients so far. **Adagrad** adds up all squares, $\mathbf{s} \leftarrow \mathbf{s} + \mathbf{g}^2$; **RMSprop** keeps a running average, $\mathbf{s} \leftarrow \rho\,\mathbf{s} + (1-\rho)\,\mathbf{g}^2$. Both then step by $-\alpha\,\mathbf{g}/(\sqrt{\mathbf{s}} + \varepsilon)$, entry by entry.
#
# **Task 9.2.** Write `adagrad(g, alpha, s)` with ε = 1e-10 and `rmsprop(g, alpha, s, rho=0.9)` with ε = 1e-8.
# %% [markdown] lang="ja"
# ## Adagrad と RMSprop
#
# パラメーターごとに学習率を変えます。これまでの勾配の大きさで更新量を割るのです。**Adagrad** は 2 乗をすべて足し（$\mathbf{s} \leftarrow \mathbf{s} + \mathbf{g}^2$），**RMSprop** は移動平均を取ります（$\mathbf{s} \leftarrow \rho\,\mathbf{s} + (1-\rho)\,\mathbf{g}^2$）。更新量はどちらも成分ごとに $-\alpha\,\mathbf{g}/(\sqrt{\mathbf{s}} + \varepsilon)$ です。
#
# **課題 9.2** ε = 1e-10 の `adagrad(g, alpha, s)` と，ε = 1e-8 の `rmsprop(g, alpha, s, rho=0.9)` を書いてください。
# %% task="adaptive"
def adagrad(g, alpha, s):
    ### BEGIN SOLUTION
    s = (0 if s is None else s) + g**2
    return -alpha * g / (np.sqrt(s) + 1e-10), s
    ### END SOLUTION


def rmsprop(g, alpha, s, rho=0.9):
    ### BEGIN SOLUTION
    s = rho * (0 if s is None else s) + (1 - rho) * g**2
    return -alpha * g / (np.sqrt(s) + 1e-8), s
    ### END SOLUTION


# %% check="adaptive" points=4
check(
    "adagrad(one, 0.1, None)[0]",
    [-0.1, 0.1],
    both("The first step has the length α in every direction.", "最初の更新量は，どの方向でも α です。"),
)
check(
    "adagrad(one, 0.1, np.array([3.0, 12.0]))[0]",
    [-0.05, 0.05],
    mistakes=[([-0.025, 0.0125], both("Take the square root of s.", "s の平方根を取ってください。"))],
)
check(
    "rmsprop(one, 0.1, None)[1]",
    [0.1, 0.4],
    both("s is a running average: 0.9 s + 0.1 g².", "s は移動平均です：0.9 s + 0.1 g²。"),
)
check("rmsprop(one, 0.1, None)[0]", [-0.31622776, 0.31622776])


# %% [markdown] lang="en"
# ## Adam
#
# Both ideas at once: a running average $\mathbf{m}$ of the gradient and one, $\mathbf{v}$, of its square. Both start at 0 and are too small at first, so each is divided by the share of weight it has gathered by update $t$:
#
# $$\hat{\mathbf{m}} = \frac{\mathbf{m}}{1-\beta_1^t}\qquad \hat{\mathbf{v}} = \frac{\mathbf{v}}{1-\beta_2^t}\qquad \theta \leftarrow \theta - \alpha\frac{\hat{\mathbf{m}}}{\sqrt{\hat{\mathbf{v}}} + \varepsilon}$$
#
# **Task 9.3.** Write `adam(g, alpha, memory)` with β₁ = 0.9, β₂ = 0.999, ε = 1e-8; the memory is `(m, v, t)`.
# %% [markdown] lang="ja"
# ## Adam
#
# 2 つの考えを合わせます。勾配の移動平均 $\mathbf{m}$ と，勾配の 2 乗の移動平均 $\mathbf{v}$ です。どちらも 0 から始まるので最初は小さすぎます。そこで $t$ 回目の更新では，それまでに集まった重みの割合で割って補正します。
#
# $$\hat{\mathbf{m}} = \frac{\mathbf{m}}{1-\beta_1^t}\qquad \hat{\mathbf{v}} = \frac{\mathbf{v}}{1-\beta_2^t}\qquad \theta \leftarrow \theta - \alpha\frac{\hat{\mathbf{m}}}{\sqrt{\hat{\mathbf{v}}} + \varepsilon}$$
#
# **課題 9.3** β₁ = 0.9，β₂ = 0.999，ε = 1e-8 の `adam(g, alpha, memory)` を書いてください。記憶は `(m, v, t)` です。
# %% task="adam"
def adam(g, alpha, memory):
    ### BEGIN SOLUTION
    m, v, t = (0, 0, 0) if memory is None else memory
    m, v, t = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2, t + 1
    corrected = np.sqrt(v / (1 - 0.999**t)) + 1e-8
    return -alpha * m / (1 - 0.9**t) / corrected, (m, v, t)
    ### END SOLUTION


# %% check="adam" points=4
check(
    "adam(one, 0.1, None)[0]",
    [-0.1, 0.1],
    both("The first step has the length α in every direction.", "最初の更新量は，どの方向でも α です。"),
    mistakes=[
        (
            [-0.31622776, 0.31622776],
            both("m and v are not corrected for their start at 0.", "0 から始まることの補正をしていません。"),
        )
    ],
)
check("adam(one, 0.1, None)[1][2]", 1, both("t counts from 1 at the first update.", "t は最初の更新で 1 です。"))


# %% [markdown] lang="en"
# ## Are they the real ones?
#
# koubai's own rules, on the same gradients, must walk the same path for 50 updates.
# %% [markdown] lang="ja"
# ## 本物と同じか
#
# koubai の手法に同じ勾配を与えれば，50 回の更新で同じ経路をたどるはずです。
# %%
def of_koubai(name, alpha, n_steps, start=(-9.0, 2.0)):
    rule, theta = get_optimizer(name), np.array(start)
    slots, path = rule.init(theta), [theta]
    for t in range(1, n_steps + 1):
        theta, slots = rule.step(theta, gradient(theta), slots, t, alpha)
        path.append(theta)
    return np.array(path)


# %% check="same" points=4
check.that(
    "np.allclose(run(momentum, 0.01, 50), of_koubai('momentum', 0.01, 50))",
    both("momentum goes astray after some steps.", "momentum の経路が途中からずれています。"),
)
check.that(
    "np.allclose(run(adagrad, 1.0, 50), of_koubai('adagrad', 1.0, 50))",
    both("adagrad must add up all squares.", "adagrad はすべての 2 乗を足します。"),
)
check.that(
    "np.allclose(run(rmsprop, 0.1, 50), of_koubai('rmsprop', 0.1, 50))",
    both("rmsprop must keep s between updates.", "rmsprop は s を次の更新に引き継ぎます。"),
)
check.that(
    "np.allclose(run(adam, 0.5, 50), of_koubai('adam', 0.5, 50))",
    both("adam must count t and keep m and v.", "adam は t を数え，m と v を引き継ぎます。"),
)

# %% [markdown] lang="en"
# ## The race
# %% [markdown] lang="ja"
# ## 競争
# %%
koubai.compare_descents(
    "x**2 + 20*y**2",
    ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"],
    [0.01],
    [(-9.0, 2.0)],
    max_steps=200,
)

# %% [markdown] lang="en"
# ## To think about
#
# - With the same α for all, is the comparison fair? Give each method a rate of its own, and look again.
# - Why does Adagrad get slower and slower? Is that good or bad?
# - On the command line, an animation: `koubai descend "x**2 + 20*y**2" --start=-9,2 --optimizer sgd:0.04,momentum:0.01,adam:0.5 --out race.html`
# %% [markdown] lang="ja"
# ## 考えてみましょう
#
# - すべての手法に同じ α を使うのは公平な比較でしょうか。手法ごとに α を選んで，もう一度見てください。
# - Adagrad はなぜ次第に遅くなるのでしょうか。それは良いことでしょうか，悪いことでしょうか。
# - コマンドラインではアニメーションになります：`koubai descend "x**2 + 20*y**2" --start=-9,2 --optimizer sgd:0.04,momentum:0.01,adam:0.5 --lang ja --out race.html`
