# %% [markdown] lang="en"
# # 1. The perceptron
#
# *Slides 8-25 of the lecture.* A mail comes in: is it spam? A perceptron weighs the words that the mail contains, adds the weights up, and looks at the sign of the sum. In this notebook you write its three parts, **inference**, **loss** and **learning rule**, let them run over the lecture's six mails, and compare every number with koubai's derivation.
#
# How the notebooks work: run the cells from top to bottom (Shift + Enter). Where a cell says `YOUR CODE HERE`, replace these lines by your own. The cell below it checks what you wrote and says in one sentence what is wrong.
# %% [markdown] lang="ja"
# # 1. パーセプトロン
#
# *講義スライド 8〜25。* メールが届きました。これはスパムでしょうか。パーセプトロンは，メールに含まれる単語に重みをつけて足し合わせ，その和の符号で判断します。このノートブックでは，パーセプトロンを形づくる **推論**・**損失**・**学習則** の 3 つを自分で書き，講義の 6 通のメールで動かして，途中の数値を koubai の導出と比べます。
#
# 使い方：セルを上から順に実行してください（Shift + Enter）。`YOUR CODE HERE` と書かれた行は，自分のコードに書き換えます。その下のセルが解答を確かめ，誤りがあれば何が違うかを一文で教えてくれます。
# %%
import os

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import numpy as np

import koubai.explain as explain

check = explain.Checks(globals())

# %% [markdown] lang="en"
# ## The data
#
# Each mail is a vector **x** of five features: 1 if the word occurs in the mail, 0 if not. The label y is +1 for spam and −1 for other mail.
# %% [markdown] lang="ja"
# ## データ
#
# 1 通のメールは 5 つの特徴からなるベクトル **x** です。その単語がメールに現れれば 1，現れなければ 0 とします。ラベル y は，スパムなら +1，そうでなければ −1 です。
# %%
words = ["and", "viagra", "the", "of", "nigeria"]
X = np.array(
    [
        [1, 1, 0, 1, 1],
        [0, 0, 1, 1, 0],
        [0, 1, 1, 0, 0],
        [1, 0, 0, 1, 0],
        [1, 0, 1, 0, 1],
        [1, 0, 1, 1, 0],
    ]
)
y = np.array([1, -1, 1, -1, 1, -1])


# %% [markdown] lang="en"
# ## Inference (slides 13-16)
#
# The perceptron computes $f(\mathbf{x}) = \mathbf{w}^\top\mathbf{x} = \sum_j w_j x_j$ and predicts
#
# $$\hat y = \begin{cases} +1 & f(\mathbf{x}) > 0 \\ -1 & f(\mathbf{x}) \le 0 \end{cases}$$
#
# Mind the case $f(\mathbf{x}) = 0$: it is answered with −1.
#
# **Task 1.1.** Write `score(w, x)`, which returns $\mathbf{w}^\top\mathbf{x}$, and `predict(w, x)`, which returns +1 or −1.
# %% [markdown] lang="ja"
# ## 推論（スライド 13〜16）
#
# パーセプトロンは $f(\mathbf{x}) = \mathbf{w}^\top\mathbf{x} = \sum_j w_j x_j$ を計算し，次のように予測します。
#
# $$\hat y = \begin{cases} +1 & f(\mathbf{x}) > 0 \\ -1 & f(\mathbf{x}) \le 0 \end{cases}$$
#
# $f(\mathbf{x}) = 0$ のときは −1 と答えることに注意してください。
#
# **課題 1.1** $\mathbf{w}^\top\mathbf{x}$ を返す `score(w, x)` と，+1 か −1 を返す `predict(w, x)` を書いてください。
# %% task="inference"
def score(w, x):
    ### BEGIN SOLUTION
    return np.dot(w, x)
    ### END SOLUTION


def predict(w, x):
    ### BEGIN SOLUTION
    return 1 if score(w, x) > 0 else -1
    ### END SOLUTION


# %% check="inference" points=2
check("score([1, 2, 0, -1, 0], X[0])", 2)
check("predict([1, 2, 0, -1, 0], X[0])", 1)
check("predict([0, -1, 0, 0, 0], X[2])", -1)
check(
    "predict([0, 0, 0, 0, 0], X[0])",
    -1,
    both("f(x) = 0 is answered with -1, not +1.", "f(x) = 0 のときは +1 ではなく −1 です。"),
)


# %% [markdown] lang="en"
# ## Loss (slide 17)
#
# How wrong is the perceptron? An example that is classified correctly costs nothing; any other costs as much as the score lies on the wrong side:
#
# $$L(D) = \sum_i \max(0, -y_i\,\mathbf{w}^\top\mathbf{x}_i)$$
#
# **Task 1.2.** Write `loss(w, X, y)`, which returns this sum over all rows of `X`.
# %% [markdown] lang="ja"
# ## 損失（スライド 17）
#
# パーセプトロンはどのくらい間違えているでしょうか。正しく分類された事例の損失は 0，誤って分類された事例の損失は，f(x) が誤った側にはみ出した大きさです。
#
# $$L(D) = \sum_i \max(0, -y_i\,\mathbf{w}^\top\mathbf{x}_i)$$
#
# **課題 1.2** `X` のすべての行についてこの和を返す `loss(w, X, y)` を書いてください。
# %% task="loss"
def loss(w, X, y):
    ### BEGIN SOLUTION
    return np.maximum(0, -y * (X @ np.asarray(w))).sum()
    ### END SOLUTION


# %% check="loss" points=2
check(
    "loss([1, -1, 0, 0, 0], X, y)",
    3,
    both("Sum max(0, -y f(x)) over the six mails.", "6 通のメールについて max(0, −y f(x)) を足し合わせてください。"),
    mistakes=[
        (2, both("This is the sum without max(0, …).", "max(0, …) を取らずに足しています。")),
        (1, both("The sign is missing: -y f(x), not y f(x).", "符号が抜けています。y f(x) ではなく −y f(x) です。")),
    ],
)
check("loss([0, 1, 0, -0.5, 0.5], X, y)", 0)


# %% [markdown] lang="en"
# ## The learning rule (slide 18)
#
# Take one example. If the prediction is right, change nothing. If it is wrong, move the weights towards the example with learning rate η:
#
# $$\mathbf{w} \leftarrow \mathbf{w} + \eta\, y\, \mathbf{x}$$
#
# **Task 1.3.** Write `update(w, x, y, eta)`, which returns the weights after one example. Return a new array: the given `w` must stay as it is.
# %% [markdown] lang="ja"
# ## 学習則（スライド 18）
#
# 事例を 1 つ取り出します。予測が正しければ何もしません。誤っていれば，学習率 η で重みを事例の方向へ動かします。
#
# $$\mathbf{w} \leftarrow \mathbf{w} + \eta\, y\, \mathbf{x}$$
#
# **課題 1.3** 1 つの事例で更新したあとの重みを返す `update(w, x, y, eta)` を書いてください。渡された `w` は書き換えず，新しい配列を返してください。
# %% task="update"
def update(w, x, y, eta):
    ### BEGIN SOLUTION
    if predict(w, x) == y:
        return w
    return w + eta * y * x
    ### END SOLUTION


# %% check="update" points=3
w0 = np.zeros(5)
check(
    "update(w0, X[0], 1, 0.5)",
    [0.5, 0.5, 0, 0.5, 0.5],
    mistakes=[
        (
            [0] * 5,
            both(
                "f(x) = 0 is answered with -1, which is wrong here.",
                "f(x) = 0 の予測は −1 なので，この事例は誤りです。",
            ),
        ),
        (
            [-0.5, -0.5, 0, -0.5, -0.5],
            both("The sign is turned: w + η y x.", "符号が逆です。w + η y x としてください。"),
        ),
    ],
)
check("update(np.array([0.5, 0.5, 0, 0.5, 0.5]), X[1], -1, 0.5)", [0.5, 0.5, -0.5, 0, 0.5])
check(
    "update(np.array([0, 1, 0, -0.5, 0.5]), X[4], 1, 0.5)",
    [0, 1, 0, -0.5, 0.5],
    both("This mail is classified correctly.", "このメールは正しく分類されています。"),
)
check(
    "w0",
    [0, 0, 0, 0, 0],
    both("update must not change the array that it is given.", "渡された配列を書き換えてはいけません。"),
)


# %% [markdown] lang="en"
# ## Learning (slides 19-25)
#
# **Task 1.4.** Write `learn(X, y, eta, n_sweeps)`: start from zero weights, take the examples in order, `n_sweeps` times from the first to the last, and return the list of the weights after each example.
# %% [markdown] lang="ja"
# ## 学習（スライド 19〜25）
#
# **課題 1.4** `learn(X, y, eta, n_sweeps)` を書いてください。重みは 0 から始め，事例を最初から最後まで順に `n_sweeps` 回取り出し，1 事例ごとの重みをリストにして返します。
# %% task="learn"
def learn(X, y, eta, n_sweeps):
    ### BEGIN SOLUTION
    w = np.zeros(X.shape[1])
    seen = []
    for _ in range(n_sweeps):
        for row, label in zip(X, y, strict=True):
            w = update(w, row, label, eta)
            seen.append(w)
    return seen
    ### END SOLUTION


# %% check="learn" points=3
check(
    "len(learn(X, y, 0.5, 2))",
    12,
    both("One entry for each example, in each sweep.", "1 事例ごと，巡回ごとに 1 つずつ入れてください。"),
)
check("learn(X, y, 0.5, 1)[0]", [0.5, 0.5, 0, 0.5, 0.5])
check("learn(X, y, 0.5, 1)[3]", [0, 1, 0, -0.5, 0.5])
check(
    "learn(X, y, 0.5, 2)[-1]",
    [0, 1, 0, -0.5, 0.5],
    both("A second sweep changes nothing.", "2 巡目では何も変わりません。"),
)

# %% [markdown] lang="en"
# The final weights are (0, 1, 0, −1/2, 1/2): *viagra* and *nigeria* speak for spam, *of* against it, *and* and *the* for neither. koubai derives the same numbers as exact fractions, step by step. Compare them with yours.
# %% [markdown] lang="ja"
# 最後の重みは (0, 1, 0, −1/2, 1/2) です。*viagra* と *nigeria* はスパムの側に，*of* は反対の側に働き，*and* と *the* はどちらにも働きません。koubai は同じ数値を分数のまま 1 段ずつ導きます。自分の結果と比べてみましょう。
# %%
explain.perceptron(n_sweeps=1)

# %% [markdown] lang="en"
# ## To think about
#
# - With η = 1 instead of 1/2, which weights come out? Do the predictions differ? Try it with `learn`.
# - Take the mails in another order. Are the final weights the same?
# - What would the loss be if the perceptron answered f(x) = 0 with +1?
# %% [markdown] lang="ja"
# ## 考えてみましょう
#
# - η を 1/2 ではなく 1 にすると，重みはどうなるでしょうか。予測は変わりますか。`learn` で試してください。
# - メールの順番を変えても，最後の重みは同じでしょうか。
# - f(x) = 0 のとき +1 と答えることにすると，学習の途中はどう変わるでしょうか。
