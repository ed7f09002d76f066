# %% [markdown] lang="en"
# # 11. Practice: a table
#
# *Slides 1-7 and 43-47 of the lecture, on real data.* A table of 344 penguins, with cells that are missing and columns that hold words. Which species is it? You prepare the columns by hand, once, so that you know what a tool does for you; then koubai does it all, and you judge the result honestly.
# %% [markdown] lang="ja"
# # 11. 実践：表のデータ
#
# *講義スライド 1〜7，43〜47 を実際のデータで。* 344 羽のペンギンの表です。欠けたセルもあれば，言葉が入った列もあります。どの種でしょうか。まず列の準備を自分の手で一度行い，道具が何をしてくれるのかを知ります。そのあと koubai にすべて任せ，結果を公正に評価します。
# %%
import os

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import numpy as np
import polars as pl

import koubai
import koubai.explain as explain
from koubai.play.runs.data import example_table

check = explain.Checks(globals())

# %%
table = pl.read_csv(example_table("penguins.csv"), null_values=["NA", ""])
table.head()


# %% [markdown] lang="en"
# ## Rows for training, rows for the test
#
# What a model has seen, it can repeat. How good it is, only rows can tell that it has not seen. Put them aside **first**, before anything is computed from the table.
#
# **Task 11.1.** Write `split(table, share, seed)`: shuffle the rows with `np.random.default_rng(seed).permutation(len(table))`, take the first `round(share * len(table))` for the test, and return `(train, test)`. (`table[indices]` takes rows.)
# %% [markdown] lang="ja"
# ## 学習用の行とテスト用の行
#
# 一度見たものは，暗記していれば答えられます。モデルの良さは，見たことのない行でしか測れません。表から何かを計算する **前に**，まずテスト用の行を取り分けます。
#
# **課題 11.1** `split(table, share, seed)` を書いてください。`np.random.default_rng(seed).permutation(len(table))` で行をシャッフルし，先頭の `round(share * len(table))` 行をテスト用にして，`(train, test)` を返します（`table[番号の配列]` で行を取り出せます）。
# %% task="split"
def split(table, share, seed):
    ### BEGIN SOLUTION
    order = np.random.default_rng(seed).permutation(len(table))
    n_test = round(share * len(table))
    return table[order[n_test:]], table[order[:n_test]]
    ### END SOLUTION


# %% check="split" points=2
check(
    "len(split(table, 0.3, 0)[0])",
    241,
    mistakes=[(103, both("Return the training rows first.", "学習用を先に返してください。"))],
)
check("len(split(table, 0.3, 0)[1])", 103)
check(
    "split(table.with_row_index(), 0.3, 0)[1]['index'].to_numpy()[:5]",
    np.random.default_rng(0).permutation(344)[:5],
    both("Shuffle the rows before you part them.", "分ける前にシャッフルしてください。"),
)


# %% [markdown] lang="en"
# ## Numbers: fill in, standardise
#
# A network needs a number in every cell, and numbers of about the same size: grams in thousands beside millimetres make the long valley of notebook 9. So missing cells get the **mean** of the column, and every number $x$ becomes $(x - \bar x)/s$. Mean $\bar x$ and standard deviation $s$ come from the **training rows alone**, also for the test rows: whoever computes them from all rows lets the test be known.
#
# **Task 11.2.** Write `prepared(train, test)` for two arrays of one column, in which missing cells are NaN: return both, filled in and standardised (`np.nanmean`, `np.nanstd`: of the cells that are there).
# %% [markdown] lang="ja"
# ## 数値の列：補完と標準化
#
# ネットワークには，すべてのセルに同じくらいの大きさの数値が必要です。数千グラムと数十ミリメートルが並んでいると，ノートブック 9 の細長い谷になります。そこで，欠けたセルは列の **平均** で補い，各数値 $x$ を $(x - \bar x)/s$ に変えます。平均 $\bar x$ と標準偏差 $s$ は，テスト用の行についても **学習用の行だけ** から求めます。全行から求めると，テストの情報が学習に漏れてしまいます。
#
# **課題 11.2** 1 つの列の 2 つの配列（欠けたセルは NaN）について，補完して標準化したものを両方返す `prepared(train, test)` を書いてください（`np.nanmean`，`np.nanstd` は，値のあるセルだけで計算します）。
# %% task="prepared"
def prepared(train, test):
    ### BEGIN SOLUTION
    mean, deviation = np.nanmean(train), np.nanstd(train)
    return tuple((np.where(np.isnan(cells), mean, cells) - mean) / deviation for cells in (train, test))
    ### END SOLUTION


# %% check="prepared" points=4
few, new = np.array([1.0, np.nan, 3.0, 5.0]), np.array([3.0, np.nan, 9.0])
check(
    "prepared(few, new)[0]",
    [-1.22474487, 0, 0, 1.22474487],
    both("A filled cell lies at the mean: 0.", "補完したセルは平均なので 0 になります。"),
)
check(
    "prepared(few, new)[1]",
    [0, 0, 3.67423461],
    both("Mean and deviation are those of the training rows.", "平均と標準偏差は学習用の行のものを使います。"),
    mistakes=[
        (
            [-1, 0, 1],
            both(
                "You have used the test rows' own mean and deviation.",
                "テスト用の行自身の平均と標準偏差を使っています。",
            ),
        )
    ],
)


# %% [markdown] lang="en"
# ## Words: one column for each
#
# An island is not a number. Each island gets a column of its own, 1 where the row has it.
#
# **Task 11.3.** Write `indicators(train, test)` for two lists of words: the words of the **training** rows in alphabetical order are the columns; a word that only the test has gives zeros. Return both matrices.
# %% [markdown] lang="ja"
# ## 言葉の列：1 語につき 1 列
#
# 島の名前は数ではありません。島ごとに列を作り，その島の行だけ 1 にします。
#
# **課題 11.3** 2 つの言葉のリストについて `indicators(train, test)` を書いてください。**学習用の** 行に現れる言葉をアルファベット順に並べたものを列とし，テスト用の行にしか現れない言葉は 0 だけの行にします。2 つの行列を返します。
# %% task="indicators"
def indicators(train, test):
    ### BEGIN SOLUTION
    words = sorted(set(train))
    return tuple(np.array([[float(cell == word) for word in words] for cell in cells]) for cells in (train, test))
    ### END SOLUTION


# %% check="indicators" points=3
check("indicators(['Dream', 'Biscoe', 'Dream'], ['Biscoe', 'Torgersen'])[0]", [[0, 1], [1, 0], [0, 1]])
check(
    "indicators(['Dream', 'Biscoe', 'Dream'], ['Biscoe', 'Torgersen'])[1]",
    [[1, 0], [0, 0]],
    both("A word that was never seen gives zeros.", "学習時になかった言葉は 0 だけの行になります。"),
)


# %% [markdown] lang="en"
# ## What must be beaten
#
# 95 % right sounds good, unless 95 % of all rows belong to one class. The simplest answer: always the commonest class of the training rows.
#
# **Task 11.4.** Write `baseline(train, test)`, the share of the test labels that this gets right.
# %% [markdown] lang="ja"
# ## 超えるべき基準
#
# 正解率 95 % は立派に聞こえますが，全体の 95 % が同じクラスなら意味がありません。最も単純な答え方は，学習用の行で最も多いクラスをいつも答えることです。
#
# **課題 11.4** その答え方がテスト用のラベルで正解する割合を返す `baseline(train, test)` を書いてください。
# %% task="baseline"
def baseline(train, test):
    ### BEGIN SOLUTION
    words, counts = np.unique(train, return_counts=True)
    return float(np.mean(np.asarray(test) == words[counts.argmax()]))
    ### END SOLUTION


# %% check="baseline" points=2
check(
    "baseline(['a', 'b', 'b'], ['a', 'a', 'a', 'b'])",
    0.25,
    mistakes=[
        (0.75, both("The commonest class is that of the training rows.", "最も多いクラスは学習用の行で決めます。"))
    ],
)

# %% [markdown] lang="en"
# ## Your network on your columns
#
# **Task 11.5.** Write `features(train, test)`: the four measurements (columns `MEASURED`, each `prepared`) and the island (`indicators`), side by side, for both tables. `table[name].cast(pl.Float64).to_numpy()` gives a column of numbers with NaN; `table["island"].to_list()` gives the words.
# %% [markdown] lang="ja"
# ## 自分の列とネットワークで
#
# **課題 11.5** `features(train, test)` を書いてください。4 つの測定値（`MEASURED` の列，それぞれ `prepared`）と島（`indicators`）を横に並べた行列を，2 つの表について返します。数値の列は `table[名前].cast(pl.Float64).to_numpy()`（欠けたセルは NaN），言葉の列は `table["island"].to_list()` で取り出せます。
# %%
MEASURED = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


# %% task="features"
def features(train, test):
    ### BEGIN SOLUTION
    numbers = [prepared(*(part[name].cast(pl.Float64).to_numpy() for part in (train, test))) for name in MEASURED]
    islands = indicators(train["island"].to_list(), test["island"].to_list())
    return tuple(np.column_stack([*(pair[which] for pair in numbers), islands[which]]) for which in (0, 1))
    ### END SOLUTION


# %% check="features" points=4
train, test = table[100:], table[:100]
check(
    "np.shape(features(train, test)[0])",
    [244, 7],
    both("Four measurements and three islands.", "測定値 4 列と島 3 列です。"),
)
check(
    "features(train, test)[0][:, :4].mean(axis=0)",
    [0, 0, 0, 0],
    both("The training columns must have mean 0.", "学習用の列の平均は 0 です。"),
)
check(
    "features(train, test)[1][3, :4]",
    [0, 0, 0, 0],
    both("This penguin was never measured: all filled in.", "このペンギンは測定されていないので，すべて補完されます。"),
)

# %%
try:
    train, test = split(table, 0.3, 0)
    X, X_test = features(train, test)
    own = koubai.MLPClassifier((16,), learning_rate_init=0.01, epochs=100, random_state=0).fit(
        X, train["species"].to_numpy()
    )
    print(f"{both('network', 'ネットワーク')} {own.score(X_test, test['species'].to_numpy()):.3f}")
    print(
        f"{both('always the commonest', '最も多いクラス')} {baseline(train['species'].to_list(), test['species'].to_list()):.3f}"
    )
except NotImplementedError:
    own = None

# %% check="own" points=2
check.that(
    "own.score(X_test, test['species'].to_numpy()) > 0.95",
    both(
        "The network should know the species of nearly all new penguins.",
        "新しいペンギンのほとんどで種を当てられるはずです。",
    ),
)

# %% [markdown] lang="en"
# ## koubai does it all
#
# `TableModel` reads the cells, fills in, standardises, makes the columns, chooses a network and scores it on rows that it had put aside.
# %% [markdown] lang="ja"
# ## koubai に任せる
#
# `TableModel` は，セルを読み取り，補完・標準化して列を作り，ネットワークを選んで，取り分けておいた行で評価します。
# %%
model = koubai.TableModel(epochs=20).fit(table, "species", test_fraction=0.3)
print(f"{model.evaluation_.score:.3f}, 95 %: {model.evaluation_.interval[0]:.3f} - {model.evaluation_.interval[1]:.3f}")
np.array(model.evaluation_.confusion)

# %% [markdown] lang="en"
# Why does it say what it says of row 3? And what do the other learners of slides 3-7 make of the table: one that keeps all the data (nearest neighbours) and two that keep a model?
# %% [markdown] lang="ja"
# 3 行目についての答えの理由は何でしょうか。スライド 3〜7 のほかの学習手法，すなわちデータをすべて残すもの（k 近傍法）とモデルを残すもの 2 つは，この表でどうでしょうか。
# %%
model.reasons(table, row=3)

# %%
koubai.compare(table, "species", learners=["knn", "tree", "logistic"], cv=3)

# %% [markdown] lang="en"
# ## To think about
#
# - The interval beside the score says how far the score itself can be trusted. How many test rows would halve it?
# - You try twenty networks and report the best test score. What is wrong with it?
# - A column `sighting_no` rises with time, and all Gentoo were seen last. What would a model learn from it?
# %% [markdown] lang="ja"
# ## 考えてみましょう
#
# - 正解率に添えられた区間は，その正解率がどこまで信用できるかを表します。幅を半分にするには，テスト用の行が何行必要でしょうか。
# - 20 通りのネットワークを試し，最も良かったテストの正解率を報告しました。何がいけないのでしょうか。
# - 観察順の番号の列があり，ジェンツーペンギンはすべて最後に観察されていたとします。モデルはその列から何を学ぶでしょうか。
