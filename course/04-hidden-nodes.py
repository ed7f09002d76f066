# %% [markdown] lang="en"
# # 4. What a node computes, and what hidden nodes come to stand for
#
# *Slides 43-47 of the lecture.* A node with a sigmoid is a logistic regression, which statisticians have known for long; a network is many of them, chained. You show that both give the same numbers, and then look into the lecture's network of baseball players, whose hidden nodes stand for power, speed and skill.
# %% [markdown] lang="ja"
# # 4. ノードの計算と隠れノードの意味
#
# *講義スライド 43〜47。* シグモイド関数のノードは，統計学で古くから使われているロジスティック回帰そのものです。ネットワークはそれをつなぎ合わせたものといえます。このノートブックでは，両者の数値が一致することを確かめ，隠れノードがパワー・走力・巧さを表す，講義の野球選手のネットワークの中をのぞきます。
# %%
import os

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import numpy as np
from sklearn.linear_model import LogisticRegression

import koubai.explain as explain
from koubai.explain.lecture.logistic import logistic
from koubai.explain.network.samples import PLAYER, players
from koubai.models.scores.inspection import page_of_players

check = explain.Checks(globals())


# %% [markdown] lang="en"
# ## A sigmoid node
#
# With $u = \mathbf{w}^\top\mathbf{x} + b$ the node gives $p = \sigma(u)$, read as the probability of class 1. Turned round, $u = \log\frac{p}{1 - p}$: the sum is the logarithm of the **odds**. If $x_j$ grows by 1, the odds are multiplied by $e^{w_j}$.
#
# **Task 4.1.** Write `probability(w, b, x)`, `log_odds(p)`, and `odds_ratio(w_j)`, the factor by which the odds grow.
# %% [markdown] lang="ja"
# ## シグモイド関数のノード
#
# $u = \mathbf{w}^\top\mathbf{x} + b$ とすると，ノードの出力は $p = \sigma(u)$ で，クラス 1 の確率とみなします。逆に解くと $u = \log\frac{p}{1 - p}$，つまり和は **オッズ** の対数です。$x_j$ が 1 増えると，オッズは $e^{w_j}$ 倍になります。
#
# **課題 4.1** `probability(w, b, x)` と `log_odds(p)`，そしてオッズが何倍になるかを返す `odds_ratio(w_j)` を書いてください。
# %% task="logistic"
def probability(w, b, x):
    ### BEGIN SOLUTION
    return 1 / (1 + np.exp(-(np.dot(w, x) + b)))
    ### END SOLUTION


def log_odds(p):
    ### BEGIN SOLUTION
    return np.log(p / (1 - p))
    ### END SOLUTION


def odds_ratio(w_j):
    ### BEGIN SOLUTION
    return np.exp(w_j)
    ### END SOLUTION


# %% check="logistic" points=3
check(
    "probability([2, -1], 0.5, [1, 2])",
    0.62245933,
    mistakes=[(0.5, both("The bias is missing.", "バイアスを足していません。"))],
)
check(
    "log_odds(probability([2, -1], 0.5, [1, 2]))",
    0.5,
    both("log-odds and sigmoid undo each other.", "対数オッズとシグモイド関数は互いに逆関数です。"),
)
check(
    "odds_ratio(2)",
    np.exp(2),
    both("With u → u + 2, the odds e^u are multiplied by e^2.", "u が 2 増えると，オッズ e^u は e^2 倍になります。"),
    mistakes=[(2, both("That is by how much the log-odds grow.", "それは対数オッズの増加量です。"))],
)

# %% [markdown] lang="en"
# koubai shows one node both ways, as a network and as a regression:
# %% [markdown] lang="ja"
# 1 つのノードを，ネットワークとしても回帰としても koubai に計算させてみましょう。
# %%
logistic(w=[2, -1], b=0.5, x=[1, 2], y=1)


# %% [markdown] lang="en"
# ## The same fit
#
# A logistic regression is fitted by maximising the likelihood $\prod_i p_i^{y_i}(1-p_i)^{1-y_i}$; a node is trained by minimising the cross-entropy $-\sum_i \left[y_i \log p_i + (1-y_i)\log(1-p_i)\right]$, which is minus its logarithm. The gradient of this loss is $\sum_i (p_i - y_i)\,\mathbf{x}_i$ for the weights, and $\sum_i (p_i - y_i)$ for the bias (why, is for notebooks 5 and 7).
#
# **Task 4.2.** Write `fit_node(X, y, alpha, n_steps)`: from zero weights, take `n_steps` steps of gradient descent with the **mean** of these gradients over all rows, and return `(w, b)`.
# %% [markdown] lang="ja"
# ## 同じ当てはめ
#
# ロジスティック回帰は尤度 $\prod_i p_i^{y_i}(1-p_i)^{1-y_i}$ を最大化し，ノードは交差エントロピー $-\sum_i \left[y_i \log p_i + (1-y_i)\log(1-p_i)\right]$ を最小化します。後者は前者の対数に負号をつけたものです。この損失の勾配は，重みについては $\sum_i (p_i - y_i)\,\mathbf{x}_i$，バイアスについては $\sum_i (p_i - y_i)$ です（その理由はノートブック 5 と 7 で扱います）。
#
# **課題 4.2** `fit_node(X, y, alpha, n_steps)` を書いてください。重み 0 から始め，全行にわたる勾配の **平均** を使って勾配降下を `n_steps` 回行い，`(w, b)` を返します。
# %% task="fit-node"
def fit_node(X, y, alpha, n_steps):
    ### BEGIN SOLUTION
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(n_steps):
        error = 1 / (1 + np.exp(-(X @ w + b))) - y
        w, b = w - alpha * X.T @ error / len(X), b - alpha * error.mean()
    return w, b
    ### END SOLUTION


# %% check="fit-node" points=4
sample = players()
X, y = sample.inputs, sample.targets[:, 0]
regression = LogisticRegression(C=1e9, tol=1e-10, max_iter=10_000).fit(X, y)
check(
    "fit_node(X, y, 1.0, 1)[0]",
    X.T @ (y - 0.5) / len(X),
    both(
        "One step from zero weights, where all p are 1/2.",
        "重み 0 から 1 回更新した値です。このとき p はすべて 1/2 です。",
    ),
)
check(
    "fit_node(X, y, 1.0, 5000)[0]",
    regression.coef_[0],
    both(
        "After many steps, the weights must be those of scikit-learn.",
        "十分に更新すれば scikit-learn と同じ重みになります。",
    ),
    tolerance=1e-2,
)
check("fit_node(X, y, 1.0, 5000)[1]", regression.intercept_[0], tolerance=1e-2)


# %% [markdown] lang="en"
# ## Hidden nodes (slides 45-47)
#
# Now several nodes side by side. The lecture's example: batting average, home runs, stolen bases and runs go in; three hidden nodes follow; the output says whether the player succeeds. Nobody tells a hidden node what it should stand for. We find out from what excites it.
#
# **Task 4.3.** Write `strongest(W, names)`: for each hidden node (row of `W`), the name of the input whose weight is largest in absolute value.
# %% [markdown] lang="ja"
# ## 隠れノード（スライド 45〜47）
#
# 今度は複数のノードを並べます。講義の例では，打率・本塁打・盗塁・得点を入力とし，3 つの隠れノードを経て，選手が成功するかどうかを出力します。隠れノードが何を表すべきかは，誰も教えていません。何に強く反応するかを調べて読み取ります。
#
# **課題 4.3** 隠れノード（`W` の各行）ごとに，重みの絶対値が最大である入力の名前を返す `strongest(W, names)` を書いてください。
# %% task="strongest"
def strongest(W, names):
    ### BEGIN SOLUTION
    return [names[j] for j in np.abs(W).argmax(axis=1)]
    ### END SOLUTION


# %% check="strongest" points=2
W, names = sample.network.weights(sample.theta, 0).T, list(PLAYER)
check(
    "strongest(W, names)",
    ["home runs", "stolen bases", "batting average"],
    both("Look along each row of W.", "W の各行を横に見てください。"),
)
check(
    "strongest(-W, names)",
    ["home runs", "stolen bases", "batting average"],
    both("Large and negative is strong too.", "負で大きい重みも強い結びつきです。"),
)

# %% [markdown] lang="en"
# Power, speed and skill. koubai shows more of each node: its inputs, the rows that excite it most, and what it does to the answer.
# %% [markdown] lang="ja"
# パワー，走力，巧さです。koubai は各ノードについて，結びつきの強い入力，最も強く反応する行，出力への影響も示します。
# %%
page_of_players()

# %% [markdown] lang="en"
# ## To think about
#
# - With more hidden nodes a network can express more. What does it cost? `koubai explain capacity` measures both.
# - Two hidden nodes swap places, with all their weights. Does the network's answer change? How many such copies has a network with 100 hidden nodes?
# %% [markdown] lang="ja"
# ## 考えてみましょう
#
# - 隠れノードを増やすと，表現できることが増えます。その代わりに何を払うことになるでしょうか。`koubai explain capacity` で両方を測れます。
# - 2 つの隠れノードを，重みごと入れ替えたとします。ネットワークの出力は変わるでしょうか。隠れノードが 100 個あれば，同じ働きをするネットワークはいくつあるでしょうか。
