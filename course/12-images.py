# %% [markdown] lang="en"
# # 12. Images
#
# *Slide 48 of the lecture, and its hands-on part.* For a dense network, an image is a row of unrelated numbers: shift it by a pixel, and it is another row. A convolution looks at a small window and slides it over the image; what it has learned in one place it knows everywhere. You write convolution and pooling by hand, count what they save, and compare both networks on digits that have moved.
# %% [markdown] lang="ja"
# # 12. 画像
#
# *講義スライド 48 と演習。* 全結合のネットワークにとって，画像は互いに無関係な数の並びです。1 画素ずれれば，まったく別の並びになってしまいます。畳み込みは小さな窓を画像の上で滑らせるので，ある場所で学んだことがどこでも使えます。畳み込みとプーリングを自分で書き，どれだけ節約になるかを数え，位置のずれた数字で 2 つのネットワークを比べます。
# %%
import os

from both import both

os.environ["KOUBAI_LANG"] = both("en", "ja")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import koubai
import koubai.explain as explain

check = explain.Checks(globals())


# %% [markdown] lang="en"
# ## Convolution
#
# A kernel $w$ of $h \times h$ numbers lies on a window of the image; products are added up, and the window moves on:
#
# $$u_{yx} = b + \sum_a \sum_c w_{ac}\, z_{y+a,\,x+c}$$
#
# **Task 12.1.** Write `convolve(image, kernel, bias=0.0)` without padding: an image of 8 × 8 and a kernel of 3 × 3 give 6 × 6 numbers. (The kernel is **not** turned round; networks do it so.)
# %% [markdown] lang="ja"
# ## 畳み込み
#
# $h \times h$ 個の数からなるカーネル $w$ を画像の窓に重ね，対応する数どうしを掛けて足し合わせ，窓をずらしていきます。
#
# $$u_{yx} = b + \sum_a \sum_c w_{ac}\, z_{y+a,\,x+c}$$
#
# **課題 12.1** パディングなしの `convolve(image, kernel, bias=0.0)` を書いてください。8 × 8 の画像と 3 × 3 のカーネルからは 6 × 6 個の数ができます（カーネルは反転 **しません**。ネットワークではそのように計算します）。
# %% task="convolve"
def convolve(image, kernel, bias=0.0):
    ### BEGIN SOLUTION
    height, width = np.subtract(image.shape, kernel.shape) + 1
    result = np.empty((height, width))
    for y in range(height):
        for x in range(width):
            result[y, x] = bias + (image[y : y + kernel.shape[0], x : x + kernel.shape[1]] * kernel).sum()
    return result
    ### END SOLUTION


# %% check="convolve" points=4
small = np.arange(9.0).reshape(3, 3)
check(
    "convolve(small, np.array([[1.0, 0.0], [0.0, 2.0]]))",
    [[8, 11], [17, 20]],
    both("Top left: 1·0 + 2·4 = 8.", "左上は 1·0 + 2·4 = 8 です。"),
    mistakes=[([[4, 7], [13, 16]], both("The kernel must not be turned round.", "カーネルを反転しないでください。"))],
)
check("convolve(small, np.ones((3, 3)), 1.0)", [[37]], both("Add the bias.", "バイアスを足してください。"))
check("np.shape(convolve(np.zeros((8, 6)), np.ones((3, 3))))", [6, 4])

# %% [markdown] lang="en"
# Two kernels made by hand: one finds upright edges, the other level ones. A network finds such kernels by itself.
# %% [markdown] lang="ja"
# 手作りのカーネルを 2 つ試します。一方は縦の境界，他方は横の境界を見つけます。ネットワークはこのようなカーネルを自分で見つけ出します。
# %%
images, labels = load_digits().images / 16, load_digits().target
upright = np.array([[1.0, 0.0, -1.0]] * 3)
figure, axes = plt.subplots(1, 3, figsize=(8, 2.6))
try:
    for axis, picture in zip(
        axes, (images[0], convolve(images[0], upright), convolve(images[0], upright.T)), strict=True
    ):
        axis.imshow(picture, cmap="gray")
        axis.axis("off")
except NotImplementedError:
    plt.close(figure)


# %% [markdown] lang="en"
# ## Sizes
#
# With padding of $p$ cells on each side and a stride $s$, a map of size $n$ and a kernel of size $k$ give $\lfloor (n + 2p - k)/s \rfloor + 1$ numbers in a row.
#
# **Task 12.2.** Write `output_size(n, k, padding=0, stride=1)`, and `n_parameters(channels, filters, k)`, the number of weights and biases of a convolution: each filter has a k × k kernel for every channel, and one bias.
# %% [markdown] lang="ja"
# ## 大きさ
#
# 両側に $p$ 個ずつパディングし，ストライドを $s$ とすると，大きさ $n$ のマップと大きさ $k$ のカーネルからは，1 列あたり $\lfloor (n + 2p - k)/s \rfloor + 1$ 個の数ができます。
#
# **課題 12.2** `output_size(n, k, padding=0, stride=1)` と，畳み込み層の重みとバイアスの個数を返す `n_parameters(channels, filters, k)` を書いてください。各フィルタは，チャンネルごとに k × k のカーネルをもち，バイアスを 1 つもちます。
# %% task="sizes"
def output_size(n, k, padding=0, stride=1):
    ### BEGIN SOLUTION
    return (n + 2 * padding - k) // stride + 1
    ### END SOLUTION


def n_parameters(channels, filters, k):
    ### BEGIN SOLUTION
    return filters * (channels * k * k + 1)
    ### END SOLUTION


# %% check="sizes" points=3
check("output_size(28, 3)", 26, mistakes=[(25, both("Both ends count: + 1.", "両端を数えます（+ 1）。"))])
check("output_size(28, 3, padding=1)", 28)
check("output_size(26, 2, stride=2)", 13)
check(
    "n_parameters(1, 32, 3)",
    320,
    mistakes=[
        (288, both("The biases are missing.", "バイアスを数えていません。")),
        (289, both("Each filter has a bias of its own.", "バイアスはフィルタごとに 1 つです。")),
    ],
)
check(
    "n_parameters(32, 64, 3)",
    18496,
    both("Every filter has a kernel for each channel.", "フィルタはチャンネルごとにカーネルをもちます。"),
)


# %% [markdown] lang="en"
# A dense layer from 26 × 26 × 32 numbers to 24 × 24 × 64 would have 797 million weights; the convolution has 18 496.
#
# ## Pooling
#
# Max pooling keeps the largest number of each window of 2 × 2. The map becomes smaller, and a shift by one pixel often changes nothing.
#
# **Task 12.3.** Write `max_pool(image, size=2)`; rows and columns that fill no whole window are dropped.
# %% [markdown] lang="ja"
# 26 × 26 × 32 個の数から 24 × 24 × 64 個の数への全結合層なら，重みは約 7 億 9700 万個になります。畳み込みなら 18,496 個で済みます。
#
# ## プーリング
#
# 最大プーリングは 2 × 2 の窓ごとに最大の数だけを残します。マップは小さくなり，1 画素ずれても結果が変わらないことが多くなります。
#
# **課題 12.3** `max_pool(image, size=2)` を書いてください。窓に満たない行と列は捨てます。
# %% task="pool"
def max_pool(image, size=2):
    ### BEGIN SOLUTION
    height, width = image.shape[0] // size, image.shape[1] // size
    kept = image[: height * size, : width * size]
    return kept.reshape(height, size, width, size).max(axis=(1, 3))
    ### END SOLUTION


# %% check="pool" points=3
check(
    "max_pool(np.array([[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 7.0, 1.0]]))",
    [[5, 7]],
    mistakes=[([[3.25, 2.5]], both("That is the mean.", "それは平均です。"))],
)
check(
    "max_pool(np.arange(25.0).reshape(5, 5))",
    [[6, 8], [16, 18]],
    both("The last row and column are dropped.", "最後の行と列は捨てます。"),
)


# %% [markdown] lang="en"
# ## Two networks, and digits that move
#
# **Task 12.4.** Write `shifted(images, dx)`: all images moved `dx` pixels to the right; what leaves is lost, and zeros come in from the left.
# %% [markdown] lang="ja"
# ## 2 つのネットワークと，位置のずれた数字
#
# **課題 12.4** すべての画像を右へ `dx` 画素ずらす `shifted(images, dx)` を書いてください。はみ出した部分は捨て，左からは 0 を入れます。
# %% task="shifted"
def shifted(images, dx):
    ### BEGIN SOLUTION
    moved = np.zeros_like(images)
    moved[:, :, dx:] = images[:, :, : images.shape[2] - dx]
    return moved
    ### END SOLUTION


# %% check="shifted" points=2
check(
    "shifted(small[None], 1)[0]",
    [[0, 0, 1], [0, 3, 4], [0, 6, 7]],
    mistakes=[
        (
            [[2, 0, 1], [5, 3, 4], [8, 6, 7]],
            both(
                "What leaves on the right must not come back on the left.",
                "右からはみ出した部分が左に戻ってきています。",
            ),
        )
    ],
)
check("shifted(small[None], 0)[0]", small)

# %%
order = np.random.default_rng(0).permutation(len(images))
learned, new = order[500:], order[:500]
flat = images.reshape(len(images), -1)
dense = koubai.MLPClassifier((32,), learning_rate_init=0.01, epochs=60, random_state=0).fit(
    flat[learned], labels[learned]
)
layers = [
    koubai.Conv(16, 3, padding="same"),
    "relu",
    koubai.MaxPool(2),
    koubai.Conv(16, 3, padding="same"),
    "relu",
    koubai.MaxPool(2),
    koubai.Dense(32),
    "relu",
]
convolutional = koubai.ConvClassifier(layers, epochs=15, shifts=0, learning_rate_init=0.005, random_state=0)
convolutional.fit(images[learned], labels[learned])
for dx in (0, 1):
    try:
        moved = shifted(images[new], dx)
    except NotImplementedError:
        break
    print(
        f"dx = {dx}   {both('dense', '全結合')} {dense.score(moved.reshape(len(moved), -1), labels[new]):.3f}"
        f"   {both('convolutional', '畳み込み')} {convolutional.score(moved, labels[new]):.3f}"
    )

# %% check="moved" points=2
check.that(
    "convolutional.score(images[new], labels[new]) > 0.95",
    both("Train it on the rows in `learned`.", "`learned` の行で学習させてください。"),
)
check.that(
    "convolutional.score(shifted(images[new], 1), labels[new]) > dense.score(shifted(images[new], 1).reshape(500, -1), labels[new])",
    both("The convolutional network should stand a shift better.", "ずれには畳み込みのほうが強いはずです。"),
)

# %% [markdown] lang="en"
# ## See through
#
# Where does the number at row 4, column 4 of the first filter's map come from? koubai draws the window, the kernel, and their products.
# %% [markdown] lang="ja"
# ## 中をのぞく
#
# 1 つ目のフィルタのマップの 4 行 4 列の数は，どこから来るのでしょうか。koubai は窓とカーネル，そしてその積を図で示します。
# %%
convolutional.explain(images[new[0]], ask=explain.Ask("node", ("conv1", 4, 4, 1)))

# %% [markdown] lang="en"
# ## To think about
#
# - Which digits are mistaken for which? Are they those that you would mistake, too?
# - `shifts=1` lets koubai move the training images at random. Which of the two networks gains more by it?
# - Full size: `examples/fashion_mnist` trains the lecture's two networks on clothes, 28 × 28 pixels.
# - 1980, before all this: `koubai.Neocognitron` finds its features without labels.
# %% [markdown] lang="ja"
# ## 考えてみましょう
#
# - どの数字がどの数字と間違えられているでしょうか。人間も間違えそうなものでしょうか。
# - `shifts=1` とすると，koubai は学習用の画像を乱数でずらします。得をするのはどちらのネットワークでしょうか。
# - 実物大の課題：`examples/fashion_mnist` では，講義の 2 つのネットワークを 28 × 28 画素の衣服の画像で学習させます。
# - これらすべてに先立つ 1980 年のネオコグニトロン（`koubai.Neocognitron`）は，ラベルなしで特徴を見つけます。
