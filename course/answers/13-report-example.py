# %% [markdown] lang="en"
# # Report: an example solution
#
# For lecturers and markers: what a full solution of `13-report` for the student number 12345 looks like, and what each part earns. Not for students before the deadline.
# %% [markdown] lang="ja"
# # レポート課題の解答例
#
# 教員・採点者用です。学籍番号 12345 の場合の `13-report` の模範解答と，各部の配点の目安を示します。締め切り前に学生に渡さないでください。
# %%
import os

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import koubai
import koubai.explain as explain
from koubai.explain.network.given import given_network

check = explain.Checks(globals())


# %% [markdown] lang="en"
# ## A. By hand (12 points)
#
# The numbers of student 12345 and their whole derivation, of which the student's text must hold the steps that lead to $w_{12}^{(1)}$. Marking: forward pass and loss with all sums written out 4; $\delta^{(2)} = z - y$, $\delta_1^{(1)} = \delta^{(2)} w_{11}^{(2)} \varphi'(u_1)$ with indices and φ′ 4; checked numbers 4.
# %% [markdown] lang="ja"
# ## A. 手計算（12 点）
#
# 学籍番号 12345 の数値と，その導出の全体です。学生の解答には $w_{12}^{(1)}$ に至る各段階が書かれている必要があります。採点の目安：和を書き下した順伝播と損失 4 点，添字と φ′ を明記した $\delta^{(2)} = z - y$，$\delta_1^{(1)} = \delta^{(2)} w_{11}^{(2)} \varphi'(u_1)$ 4 点，確認セルの数値 4 点。
# %%
def numbers_of(student):
    rng = np.random.default_rng(student)
    while True:
        W1, W2 = rng.integers(-4, 5, (2, 2)) / 2, rng.integers(-4, 5, (1, 2)) / 2
        x, y = rng.integers(1, 5, 2) / 1.0, float(rng.integers(-3, 4))
        u = W1 @ x
        if (u > 0).all() and (W1 != 0).all() and (W2 != 0).all() and W2 @ u != y:
            return W1, W2, x, y


W1, W2, x, y = numbers_of(12345)
sample = given_network([W1.tolist(), W2.tolist()], (), ["relu", "identity"], x=[x.tolist()], y=[[y]])
explain.backward(sample.network, sample.theta, sample.inputs[0], sample.targets[0], ask=explain.Ask.weight(1, 1, 2))

# %%
new_weight = W1[0, 1] - 0.1 * ((W2 @ np.maximum(0, W1 @ x))[0] - y) * W2[0, 0] * x[1]
new_weight

# %% [markdown] lang="en"
# ## B. Experiment (12 points)
#
# Every rate meets the same rows and the same three starts; the figure shows each seed, so that the spread can be seen.
# %% [markdown] lang="ja"
# ## B. 実験（12 点）
#
# どの学習率でも，同じ行と同じ 3 通りの初期値を使います。ばらつきが見えるように，図には種ごとの結果を示します。
# %%
digits = load_digits()
order = np.random.default_rng(0).permutation(len(digits.data))
X, labels = digits.data[order] / 16, digits.target[order]
rates = [0.001, 0.01, 0.1, 0.3, 1.0, 3.0]
found = []
for rate in rates:
    for seed in range(3):
        model = koubai.MLPClassifier(
            (32,), optimizer="sgd", learning_rate_init=rate, batch_size=32, epochs=20, random_state=seed
        )
        model.fit(X[500:], labels[500:])
        found.append((rate, model.loss_curve_[-1], model.score(X[:500], labels[:500])))
found = np.array(found)

figure, axes = plt.subplots(1, 2, figsize=(9, 3.2))
for axis, column, name in zip(axes, (1, 2), ("loss", "test accuracy"), strict=True):
    axis.semilogx(found[:, 0], found[:, column], "o")
    axis.set_xlabel("learning rate")
    axis.set_ylabel(name)
figure.tight_layout()

# %% [markdown] lang="en"
# *What is seen:* with 0.001, twenty epochs hardly move the weights: the loss is still above 1.5, where log 10 ≈ 2.3 is that of guessing, and accuracy is far below that of the others. From 0.1 to about 1 the training loss is small, and the test accuracy lies above 0.9 for every seed. With 3 the results scatter.
#
# *Why:* each step multiplies the distance to a minimum along a direction of curvature λ by 1 − αλ (notebook 8). Small α: the factor is near 1, and training creeps. α above 2/λ of the steepest direction: the factor is below −1, and the path is thrown back and forth; that it does not go to infinity is because the gradient of softmax with cross-entropy is bounded.
#
# Marking: same data and starts 2, three seeds 2; axes named 3; observation 2, explanation with curvature or an equal thought 3.
# %% [markdown] lang="ja"
# *観察：* 0.001 では 20 エポックでも重みがほとんど動かず，損失はまだ 1.5 を超えており（当て推量なら log 10 ≈ 2.3），正解率はほかよりはるかに低くなりました。0.1 から 1 程度では学習の損失が小さく，テストの正解率はどの種でも 0.9 を超えました。3 では結果がばらつきました。
#
# *説明：* 曲率 λ の方向では，1 回の更新で最小点までの距離が 1 − αλ 倍になります（ノートブック 8）。α が小さいと倍率が 1 に近く，学習が遅くなります。最も急な方向の 2/λ を超えると倍率が −1 より小さくなり，経路は行ったり来たりします。それでも無限大に発散しないのは，ソフトマックス関数と交差エントロピーの勾配が有界だからです。
#
# 採点の目安：同じデータと初期値 2 点，3 通りの種 2 点，軸の名前 3 点，観察 2 点，曲率またはそれに相当する説明 3 点。
# %% check="example-experiment" points=0
by_rate = {rate: found[found[:, 0] == rate] for rate in rates}
check.that("by_rate[0.001][:, 2].max() < by_rate[0.1][:, 2].min() and by_rate[0.001][:, 1].min() > 1.5", "0.001")
check.that("min(by_rate[rate][:, 2].min() for rate in (0.1, 0.3, 1.0)) > 0.9", "0.1 … 1")

# %% [markdown] lang="en"
# ## C. A question (9 points): does early stopping help on few rows?
#
# *Question.* With 60 training rows, is a network better that stops when it no longer gains on held-out rows? *Measurement.* Ten seeds, the same 60 rows, accuracy on 500 other rows.
# %% [markdown] lang="ja"
# ## C. 自分の問い（9 点）：行が少ないとき，早期終了は役に立つか
#
# *問い。* 学習用の行が 60 行しかないとき，検証用の行で改善しなくなったら止めるほうが良いネットワークになるでしょうか。*測定。* 同じ 60 行で，10 通りの種について，別の 500 行での正解率を測ります。
# %%
scores = []
for early in (False, True):
    for seed in range(10):
        model = koubai.MLPClassifier(
            (32,), learning_rate_init=0.01, epochs=150, early_stopping=early, validation_fraction=0.2, random_state=seed
        ).fit(X[500:560], labels[500:560])
        scores.append(model.score(X[:500], labels[:500]))
with_all, stopped = np.array(scores[:10]), np.array(scores[10:])
print(f"{with_all.mean():.3f} ± {with_all.std():.3f}   {stopped.mean():.3f} ± {stopped.std():.3f}")

# %% [markdown] lang="en"
# *Answer.* No: the network that trains on all 60 rows to the end is better on average. Early stopping takes a fifth of the few rows away, and the twelve rows that it watches are too few to tell when to stop. *Doubts.* One choice of 60 rows; one network; with noisy labels, the answer could be another.
#
# Marking: a question that measuring can answer 2; ten seeds on the same rows answer it 4; limits named 3.
# %% [markdown] lang="ja"
# *答え。* 役に立ちませんでした。60 行すべてで最後まで学習したほうが，平均して良い結果でした。早期終了は貴重な行の 5 分の 1 を検証用に取ってしまい，しかも残された 12 行では止めどきを判断できないからです。*疑問点。* 60 行の選び方は 1 通り，ネットワークも 1 種類です。ラベルに誤りが多ければ，結果は違うかもしれません。
#
# 採点の目安：測定で答えられる問いである 2 点，同じ行での 10 通りの種が問いに答えている 4 点，限界を述べている 3 点。
# %% check="example-question" points=0
check.that("with_all.mean() > stopped.mean()", "early stopping")
