# %% [markdown] lang="en"
# # 2. What one perceptron can do, and what it cannot
#
# *Slides 13 and 26-27 of the lecture.* One perceptron draws one line. In this notebook you let it compute logic gates, measure how far the line stays away from the examples (the margin), see it fail at XOR, and prove why. Then you put two layers together by hand, and XOR is solved.
# %% [markdown] lang="ja"
# # 2. パーセプトロンにできること，できないこと
#
# *講義スライド 13，26〜27。* パーセプトロンが引けるのは 1 本の直線です。このノートブックでは，論理ゲートを計算させ，直線が事例からどれだけ離れているか（マージン）を測り，XOR で失敗する様子を見て，なぜ失敗するのかを証明します。最後に 2 つの層を自分で組み立てて XOR を解きます。
# %%
import os

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import numpy as np

import koubai
import koubai.explain as explain
from koubai.explain.lecture.xor import xor

check = explain.Checks(globals())

# %% [markdown] lang="en"
# ## Gates
#
# With a bias $b$, a perceptron with two inputs computes $f(x_1, x_2) = b + w_1 x_1 + w_2 x_2$. Here it answers 1 if $f > 0$, else 0: the step function. The four corners of the square are all the inputs that there are.
#
# **Task 2.1.** Write `gate(w1, w2, b)`, which returns the answers at the four corners as an array, in the order of `CORNERS`. Then find weights for OR, AND and NAND (not both): `weights_of("OR")` returns `(w1, w2, b)`. Many weights are right.
# %% [markdown] lang="ja"
# ## 論理ゲート
#
# バイアス $b$ のある 2 入力のパーセプトロンは $f(x_1, x_2) = b + w_1 x_1 + w_2 x_2$ を計算します。ここでは $f > 0$ なら 1，そうでなければ 0 と答えることにします（ステップ関数）。入力は正方形の 4 つの頂点だけです。
#
# **課題 2.1** 4 つの頂点での答えを `CORNERS` の順に並べた配列を返す `gate(w1, w2, b)` を書いてください。次に，OR・AND・NAND（AND の否定）になる重みを見つけてください。`weights_of("OR")` が `(w1, w2, b)` を返すようにします。正解は 1 つではありません。
# %%
CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


# %% task="gates"
def gate(w1, w2, b):
    ### BEGIN SOLUTION
    return (CORNERS @ [w1, w2] + b > 0).astype(int)
    ### END SOLUTION


def weights_of(name):
    ### BEGIN SOLUTION
    return {"OR": (1, 1, -0.5), "AND": (1, 1, -1.5), "NAND": (-1, -1, 1.5)}[name]
    ### END SOLUTION


# %% check="gates" points=3
check("gate(1, 0, 0)", [0, 0, 1, 1], both("f = 0 gives 0.", "f = 0 のときは 0 です。"))
check("gate(*weights_of('OR'))", [0, 1, 1, 1], both("OR is 0 at (0, 0) alone.", "OR が 0 になるのは (0, 0) だけです。"))
check(
    "gate(*weights_of('AND'))", [0, 0, 0, 1], both("AND is 1 at (1, 1) alone.", "AND が 1 になるのは (1, 1) だけです。")
)
check(
    "gate(*weights_of('NAND'))",
    [1, 1, 1, 0],
    both("Turn all signs of AND.", "AND の符号をすべて逆にしてみましょう。"),
    mistakes=[([0, 0, 0, 1], both("This is AND.", "これは AND です。"))],
)


# %% [markdown] lang="en"
# ## The margin (slide 13)
#
# Both $(1, 1, -0.5)$ and $(1, 1, -0.9)$ compute OR. Which line is safer? The distance of an example from the line is $|f(\mathbf{x})| / \lVert\mathbf{w}\rVert$, where $\mathbf{w} = (w_1, w_2)$ without the bias. With its label $y = \pm 1$, the **margin** of a line is the smallest of
#
# $$\frac{y_i\, f(\mathbf{x}_i)}{\lVert\mathbf{w}\rVert}$$
#
# over all examples: negative if one is on the wrong side. A support vector machine chooses the line whose margin is largest; the perceptron takes the first that it finds.
#
# **Task 2.2.** Write `margin(w1, w2, b, y)`, where `y` holds the four labels +1 or −1.
# %% [markdown] lang="ja"
# ## マージン（スライド 13）
#
# $(1, 1, -0.5)$ も $(1, 1, -0.9)$ も OR を計算します。どちらの直線が安全でしょうか。事例と直線との距離は $|f(\mathbf{x})| / \lVert\mathbf{w}\rVert$ です（$\mathbf{w} = (w_1, w_2)$ にバイアスは含めません）。ラベルを $y = \pm 1$ とすると，直線の **マージン** は，すべての事例についての
#
# $$\frac{y_i\, f(\mathbf{x}_i)}{\lVert\mathbf{w}\rVert}$$
#
# の最小値です。誤った側に事例があれば負になります。サポートベクターマシンはマージンが最大の直線を選びますが，パーセプトロンは最初に見つかった直線で満足します。
#
# **課題 2.2** `margin(w1, w2, b, y)` を書いてください。`y` は 4 つのラベル（+1 か −1）です。
# %% task="margin"
def margin(w1, w2, b, y):
    ### BEGIN SOLUTION
    return (np.asarray(y) * (CORNERS @ [w1, w2] + b)).min() / np.hypot(w1, w2)
    ### END SOLUTION


# %% check="margin" points=2
OR = np.array([-1, 1, 1, 1])
check(
    "margin(1, 1, -0.5, OR)",
    0.5 / np.sqrt(2),
    both("The nearest corner has y f = 1/2.", "最も近い頂点では y f = 1/2 です。"),
    mistakes=[
        (0.5, both("Divide by the length of w.", "w の長さで割ってください。")),
        (0.5 / 1.5, both("The bias is no part of the length of w.", "w の長さにバイアスは含めません。")),
        (0.25, both("The length is the square root of the sum of squares.", "長さは 2 乗の和の平方根です。")),
    ],
)
check("margin(1, 1, -0.9, OR)", 0.1 / np.sqrt(2))
check(
    "margin(1, 1, -1.5, OR)",
    -0.5 / np.sqrt(2),
    both("A line that errs has a negative margin.", "誤りのある直線のマージンは負です。"),
)


# %% [markdown] lang="en"
# ## XOR
#
# XOR is 1 if exactly one of the inputs is 1. Let the perceptron rule of notebook 1 try, with a bias.
#
# **Task 2.3.** Write `mistakes(y, n_sweeps)`: the perceptron rule with η = 1/2 on the four corners in order, with labels `y` of ±1 and a first feature that is always 1; return a list of how many examples were predicted wrongly in each sweep.
# %% [markdown] lang="ja"
# ## XOR
#
# XOR は，入力のちょうど一方だけが 1 のとき 1 です。ノートブック 1 の学習則を，バイアスつきで試してみましょう。
#
# **課題 2.3** `mistakes(y, n_sweeps)` を書いてください。4 つの頂点を順に取り出し，常に 1 の特徴を先頭に加え，η = 1/2 で学習します（ラベル `y` は ±1）。1 巡ごとに，予測を誤った事例の数を数え，リストにして返します。
# %% task="mistakes"
def mistakes(y, n_sweeps):
    ### BEGIN SOLUTION
    rows = np.column_stack([np.ones(4), CORNERS])
    w, counts = np.zeros(3), []
    for _ in range(n_sweeps):
        wrong = 0
        for x, label in zip(rows, y, strict=True):
            if (1 if w @ x > 0 else -1) != label:
                w, wrong = w + label * x / 2, wrong + 1
        counts.append(wrong)
    return counts
    ### END SOLUTION


# %% check="mistakes" points=3
XOR = np.array([-1, 1, 1, -1])
check("mistakes(OR, 6)[-1]", 0, both("OR is learned within six sweeps.", "OR なら 6 巡までに学習できます。"))
check("len(mistakes(XOR, 20))", 20, both("One number for each sweep.", "1 巡ごとに 1 つの数を入れてください。"))
check.that(
    "min(mistakes(XOR, 20)) >= 1",
    both("No sweep over XOR can be without a mistake.", "XOR では誤りのない巡回はありえません。"),
)


# %% [markdown] lang="en"
# It never ends. Is the rule too weak, or is there no such line? Here is a proof. Where a line has two examples on its positive side, it also has the middle between them there, and likewise on the negative side.
#
# **Task 2.4.** Write `middle(a, b)`, the point in the middle between two points. What do you get for the two positive examples of XOR, and what for the two negative ones?
# %% [markdown] lang="ja"
# 学習が終わりません。学習則が弱いのでしょうか。それとも，そのような直線がないのでしょうか。証明してみましょう。2 つの事例が直線の正の側にあれば，その中点も正の側にあります。負の側でも同じです。
#
# **課題 2.4** 2 点の中点を返す `middle(a, b)` を書いてください。XOR の正例 2 つの中点と，負例 2 つの中点はどこになりますか。
# %% task="middle"
def middle(a, b):
    ### BEGIN SOLUTION
    return (a + b) / 2
    ### END SOLUTION


# %% check="middle" points=1
check("middle(CORNERS[1], CORNERS[2])", [0.5, 0.5])
check("middle(CORNERS[0], CORNERS[3])", [0.5, 0.5])

# %% [markdown] lang="en"
# The same point would have to lie on both sides, so there is no such line. For other data, `koubai.is_linearly_separable` decides the question by linear programming.
# %% [markdown] lang="ja"
# 同じ点が両側になければならないので，そのような直線は存在しません。一般のデータについては，`koubai.is_linearly_separable` が線形計画法で判定します。
# %%
koubai.is_linearly_separable(CORNERS, OR), koubai.is_linearly_separable(CORNERS, XOR)


# %% [markdown] lang="en"
# ## Two layers
#
# XOR is "OR, but not AND". Two perceptrons compute $z_1 = \mathrm{OR}$ and $z_2 = \mathrm{AND}$ from the inputs, and a third one decides from $(z_1, z_2)$.
#
# **Task 2.5.** Write `two_layers(w1, w2, b)`: it returns the answers at the four corners of a perceptron with weights $w_1$, $w_2$ and bias $b$ whose inputs are OR and AND. Then find weights that give XOR: `output_weights()`.
# %% [markdown] lang="ja"
# ## 2 つの層
#
# XOR は「OR であって AND ではない」ことです。2 つのパーセプトロンが入力から $z_1 = \mathrm{OR}$ と $z_2 = \mathrm{AND}$ を計算し，3 つ目が $(z_1, z_2)$ から判断します。
#
# **課題 2.5** OR と AND を入力とし，重み $w_1$, $w_2$，バイアス $b$ をもつパーセプトロンの，4 つの頂点での答えを返す `two_layers(w1, w2, b)` を書いてください。次に，XOR になる重みを見つけて `output_weights()` に書いてください。
# %% task="two-layers"
def two_layers(w1, w2, b):
    ### BEGIN SOLUTION
    hidden = np.column_stack([gate(*weights_of("OR")), gate(*weights_of("AND"))])
    return (hidden @ [w1, w2] + b > 0).astype(int)
    ### END SOLUTION


def output_weights():
    ### BEGIN SOLUTION
    return 1, -1, -0.5
    ### END SOLUTION


# %% check="two-layers" points=3
check(
    "two_layers(1, 0, -0.5)",
    [0, 1, 1, 1],
    both("With weight 1 on OR alone, it is OR.", "OR だけに重み 1 をつければ OR になります。"),
)
check("two_layers(0, 1, -0.5)", [0, 0, 0, 1])
check(
    "two_layers(*output_weights())",
    [0, 1, 1, 0],
    both("OR speaks for 1, AND against it.", "OR は 1 の側に，AND は反対の側に働きます。"),
)

# %% [markdown] lang="en"
# koubai tells the whole story on one page:
# %% [markdown] lang="ja"
# 全体を koubai が 1 ページにまとめたものです。
# %%
xor()

# %% [markdown] lang="en"
# ## To think about
#
# - Why can the perceptron rule not find the weights of the hidden layer? What would it need to know?
# - How many different functions of two binary inputs are there, and how many of them can one perceptron compute?
# - Try it with the mouse: `koubai play --lesson xor` (on the command line).
# %% [markdown] lang="ja"
# ## 考えてみましょう
#
# - パーセプトロンの学習則では，なぜ隠れ層の重みを求められないのでしょうか。何が分かればよいでしょうか。
# - 2 つの 2 値入力の関数は全部でいくつあり，そのうち 1 つのパーセプトロンで計算できるものはいくつあるでしょうか。
# - マウスで試すこともできます：`koubai play --lesson xor`（コマンドライン）。
