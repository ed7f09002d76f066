# %% [markdown] lang="en"
# # Report
#
# *After notebooks 1-12.* Three parts: numbers of your own worked out by hand, an experiment, and a question that you choose. Write so that a classmate who missed the lecture could follow.
#
# | part | what earns the points | points |
# |---|---|---|
# | A. By hand | all intermediate numbers are there (4); δ and gradient follow from the formulas, with indices (4); the checked answers are right (4) | 12 |
# | B. Experiment | a fair comparison: same data, same start, several seeds (4); a figure with labelled axes, or a table (3); the text says what is seen, and explains it with the lecture's terms (5) | 12 |
# | C. A question of your own | the question can be answered by measuring (2); what was measured answers it (4); doubts and limits are named (3) | 9 |
# | Form | sources and help are named; the notebook runs from top to bottom; clear language | 3 |
#
# Full marks: 36. Numbers without their derivation earn half of a part's points at most.
# %% [markdown] lang="ja"
# # レポート課題
#
# *ノートブック 1〜12 のあとで。* 自分に割り当てられた数値での手計算，実験，自分で選んだ問いの 3 部からなります。講義を欠席した友人が読んでも分かるように書いてください。
#
# | 部 | 評価の観点 | 配点 |
# |---|---|---|
# | A. 手計算 | 途中の数値がすべて示されている（4），δ と勾配が添字つきの式から導かれている（4），確認セルの答えが正しい（4） | 12 |
# | B. 実験 | 公平な比較である：同じデータ，同じ初期値，複数の乱数の種（4），軸に名前のある図または表がある（3），観察したことを述べ，講義の用語で説明している（5） | 12 |
# | C. 自分の問い | 測定で答えられる問いである（2），測定が問いに答えている（4），疑問点と限界を述べている（3） | 9 |
# | 形式 | 参考にしたものと受けた助けを明記している，上から順に実行できる，文章が明快である | 3 |
#
# 満点は 36 点です。導出のない数値だけの答えには，その部の配点の半分までしか与えません。
# %%
import os

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import numpy as np

import koubai.explain as explain
from koubai.explain.network.given import given_network

check = explain.Checks(globals())

# %% [markdown] lang="en"
# ## Your numbers
#
# Put your student number into the next cell. It gives you a 2-2-1 network with ReLU in the hidden layer, the identity at the output, no biases, and half the squared error; one row x; its target y.
# %% [markdown] lang="ja"
# ## 自分の数値
#
# 次のセルに学籍番号の数字を入れてください。隠れ層が ReLU，出力が恒等関数，バイアスなし，損失が 1/2 の二乗誤差である 2-2-1 のネットワークと，1 つの事例 x，その目標値 y が決まります。
# %%
STUDENT = 12345


def numbers_of(student):
    rng = np.random.default_rng(student)
    while True:
        W1, W2 = rng.integers(-4, 5, (2, 2)) / 2, rng.integers(-4, 5, (1, 2)) / 2
        x, y = rng.integers(1, 5, 2) / 1.0, float(rng.integers(-3, 4))
        u = W1 @ x
        if (u > 0).all() and (W1 != 0).all() and (W2 != 0).all() and W2 @ u != y:
            return W1, W2, x, y


W1, W2, x, y = numbers_of(STUDENT)
print("W1 =", W1.tolist(), " W2 =", W2.tolist(), " x =", x.tolist(), " y =", y)


# %% [markdown] lang="en"
# ## A. By hand
#
# Work out, with all steps: (1) $u_i^{(1)}$, $z_i^{(1)}$ and the output $z^{(2)}$; (2) the loss; (3) $\delta^{(2)}$ and $\delta_1^{(1)}$; (4) the gradient $\partial E/\partial w_{12}^{(1)}$; (5) the weight $w_{12}^{(1)}$ after one step of gradient descent with α = 1/10.
# %% [markdown] lang="ja"
# ## A. 手計算
#
# 途中の計算をすべて示して，次を求めてください：(1) $u_i^{(1)}$, $z_i^{(1)}$ と出力 $z^{(2)}$，(2) 損失，(3) $\delta^{(2)}$ と $\delta_1^{(1)}$，(4) 勾配 $\partial E/\partial w_{12}^{(1)}$，(5) α = 1/10 の勾配降下で 1 回更新したあとの重み $w_{12}^{(1)}$。
# %% [markdown] task="by-hand" points=8 lang="en"
# YOUR ANSWER HERE
# %% [markdown] task="by-hand" points=8 lang="ja"
# YOUR ANSWER HERE（ここに解答を書いてください）
# %% [markdown] lang="en"
# Enter the numbers that you have worked out; the check computes them again.
# %% [markdown] lang="ja"
# 手計算で得た数値を入れてください。確認セルが計算し直して確かめます。
# %% task="numbers"
def by_hand():
    # en: return a dictionary with the numbers of z (output), loss, delta (of hidden node 1), gradient and weight
    # ja: z（出力），loss（損失），delta（隠れノード 1 の δ），gradient（勾配），weight（更新後の重み）を辞書で返す
    ### BEGIN SOLUTION
    hidden = W1 @ x
    z = float((W2 @ hidden)[0])
    delta = float((z - y) * W2[0, 0])
    gradient = float(delta * x[1])
    return {"z": z, "loss": (z - y) ** 2 / 2, "delta": delta, "gradient": gradient, "weight": W1[0, 1] - gradient / 10}
    ### END SOLUTION


# %% check="numbers" points=4
output = (W2 @ np.maximum(0, W1 @ x))[0]
error = output - y
check("by_hand()['z']", output, both("Go through the network once more.", "順伝播を計算し直してください。"))
check(
    "by_hand()['loss']", error**2 / 2, mistakes=[(error**2, both("The factor 1/2 is missing.", "1/2 が抜けています。"))]
)
check(
    "by_hand()['delta']",
    error * W2[0, 0],
    mistakes=[
        (-error * W2[0, 0], both("It is z - y, not y - z.", "y − z ではなく z − y です。")),
        (error * W2[0, 1], both("That is δ of hidden node 2.", "それは隠れノード 2 の δ です。")),
    ],
)
check(
    "by_hand()['gradient']",
    error * W2[0, 0] * x[1],
    mistakes=[
        (
            error * W2[0, 1] * x[0],
            both(
                "The indices are swapped: w_12 leads from x_2 to node 1.",
                "添字が逆です。w_12 は x_2 からノード 1 への重みです。",
            ),
        )
    ],
)
check(
    "by_hand()['weight']",
    W1[0, 1] - error * W2[0, 0] * x[1] / 10,
    mistakes=[
        (
            W1[0, 1] + error * W2[0, 0] * x[1] / 10,
            both("Descent goes against the gradient.", "勾配と逆の向きに更新します。"),
        )
    ],
)

# %% [markdown] lang="en"
# Where you are stuck, koubai derives the gradient of *another* weight with your numbers:
# %% [markdown] lang="ja"
# 行き詰まったら，*別の* 重みの勾配を自分の数値で koubai に導いてもらいましょう。
# %%
sample = given_network([W1.tolist(), W2.tolist()], (), ["relu", "identity"], x=[x.tolist()], y=[[y]])
explain.backward(sample.network, sample.theta, sample.inputs[0], sample.targets[0], ask=explain.Ask.weight(1, 2, 1))

# %% [markdown] lang="en"
# ## B. Experiment: the learning rate
#
# Train a network on the digits of notebook 10 (your own, or `koubai.MLPClassifier`) with at least five learning rates between 0.001 and 3, with plain SGD, and each with at least three seeds. Show how training loss and test accuracy depend on the learning rate. Where does training diverge, where does it creep, and why?
# %% [markdown] lang="ja"
# ## B. 実験：学習率
#
# ノートブック 10 の数字で，ネットワーク（自作のもの，または `koubai.MLPClassifier`）を単純な SGD で学習させます。学習率は 0.001 から 3 までの間で 5 通り以上，それぞれ乱数の種を 3 通り以上にしてください。学習の損失とテストの正解率が学習率によってどう変わるかを示しましょう。どこで発散し，どこで遅くなりますか。それはなぜでしょうか。
# %%
# en: your measurements
# ja: 測定のコード
# %% [markdown] task="experiment-text" points=12 lang="en"
# YOUR ANSWER HERE
# %% [markdown] task="experiment-text" points=12 lang="ja"
# YOUR ANSWER HERE（ここに解答を書いてください）
# %% [markdown] lang="en"
# ## C. A question of your own
#
# Choose one, or ask your own after talking to the lecturer: (a) How many hidden nodes are enough for the penguins, and how do you know? (b) Which digits does a dense network confuse, and does a convolution help? (c) What do hidden nodes of your network stand for (`model.explain_model`)? (d) Does dropout, or early stopping, help on few rows? State the question, measure, answer, and say what you do not know.
# %% [markdown] lang="ja"
# ## C. 自分の問い
#
# 次から 1 つ選ぶか，教員に相談して自分の問いを立ててください。(a) ペンギンの表に必要な隠れノードはいくつか。それはどうすれば分かるか。(b) 全結合のネットワークはどの数字を取り違えるか。畳み込みで改善するか。(c) 自分のネットワークの隠れノードは何を表しているか（`model.explain_model`）。(d) 行が少ないとき，ドロップアウトや早期終了は役に立つか。問いを述べ，測定し，答え，分からなかったことも書いてください。
# %%
# en: your measurements
# ja: 測定のコード
# %% [markdown] task="question-text" points=9 lang="en"
# YOUR ANSWER HERE
# %% [markdown] task="question-text" points=9 lang="ja"
# YOUR ANSWER HERE（ここに解答を書いてください）
# %% [markdown] lang="en"
# ## Sources and help
# %% [markdown] lang="ja"
# ## 参考にしたもの，受けた助け
# %% [markdown] task="form" points=3 lang="en"
# YOUR ANSWER HERE
# %% [markdown] task="form" points=3 lang="ja"
# YOUR ANSWER HERE（ここに解答を書いてください）
