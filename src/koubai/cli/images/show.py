"""``koubai show`` of a model of images."""

from typing import TYPE_CHECKING

from koubai.cli.images.fit import HEADINGS, NUMBERS, layer_rows
from koubai.cli.parts.terminal import plain_table, printable
from koubai.core.language import listed_as, recognised, term, worded

if TYPE_CHECKING:
    from rich.console import Console

    from koubai.core.network import Network
    from koubai.core.schema import Record

MANY_CLASSES = 20


def show_images(out: "Console", record: "Record") -> None:
    """Print what is predicted for which images."""
    from koubai.images.images import said_of_size
    from koubai.models.of_images.learnable import channels_in_words

    fitted, labels = record["estimator"]["fitted"], record["estimator"].get("labels")
    height, width, channels = (int(size) for size in fitted["image_shape_"])
    out.print(worded("cli.images.predicts", record=term(record["task"]), record_2=printable(recognised(record["why"]))))
    resized = worded("cli.pictures_resized") if record["resized"] else ""
    out.print(
        worded(
            "cli.images_pixels",
            said_of_size=said_of_size(height, width),
            resized=resized,
            channels_in_words=channels_in_words(channels),
        )
    )
    counts = record["images"]
    parts = [
        worded("cli.images.counted", n=f"{counts[name]:,}", name=term(name))
        for name in ("training", "test")
        if counts[name]
    ]
    out.print("         " + listed_as(", ", parts))
    if labels is not None:
        values = labels["classes"]["values"]
        listed = ", ".join(printable(value) for value in values[:MANY_CLASSES])
        out.print(worded("cli.classes", listed=listed, value=", …" if len(values) > MANY_CLASSES else ""))
    for note in record["notes"]:
        out.print(worded("cli.note", note=printable(recognised(note))), style="yellow")


def show_maps(out: "Console", network: "Network") -> None:
    """Print the layers with their names and the shapes of their maps."""
    rows = [(term("input"), "", " × ".join(map(str, network.layers[0].input_shape)), "", ""), *layer_rows(network)]
    rows.append((term("all"), worded("cli.layer.loss", name=network.loss.name), "", "", f"{network.n_parameters:,}"))
    out.print(plain_table(HEADINGS, rows, numbers=NUMBERS))


def show_cells(out: "Console", record: "Record", path: str) -> None:
    """Print a Neocognitron: its images, its stages, its classes, and how to see what it sees."""
    from koubai.images.images import said_of_size
    from koubai.models.of_images.learnable import channels_in_words

    height, width, channels = (int(size) for size in record["fitted"]["image_shape_"])
    size, channels_said = said_of_size(height, width), channels_in_words(channels)
    out.print(worded("cli.images_pixels", said_of_size=size, resized="", channels_in_words=channels_said))
    classes = record["classes"]
    names = None if classes is None else [printable(value) for value in classes["values"]]
    listed = worded("cli.cells.no_labels") if names is None else listed_as(", ", names[:MANY_CLASSES])
    out.print(worded("cli.classes", listed=listed, value=", …" if names and len(names) > MANY_CLASSES else ""))
    rows = [
        (f"S{number}, C{number}", f"{planes:,}", f"{stage['fields']}×{stage['fields']}", f"{stage['thresholds']:g}",
         f"{stage['blurs']}×{stage['blurs']}", f"{stage['strides']}")
        for number, (planes, stage) in enumerate(zip(record["planes"], record["stages"], strict=True), start=1)
    ]  # fmt: skip
    out.print(plain_table(("stage", "planes", "S-cell sees", "θ", "C-cell blurs", "stride"), rows, numbers=(1, 3, 5)))
    if classes is not None:
        out.print(worded("cli.see_koubai_show_images_images", path=printable(path)), soft_wrap=True)
        out.print(worded("cli.predict_koubai_predict_images", path=printable(path)), soft_wrap=True)


def show_commands(out: "Console", network: "Network", path: str) -> None:
    """Print how to see what the network sees, and how one of its numbers is explained."""
    from koubai.explain.network.naming import layer_names

    node = f"{layer_names(network)[0]}[{','.join('1' for _ in network.layers[0].output_shape)}]"
    out.print(worded("cli.see_koubai_show_images_images", path=printable(path)), soft_wrap=True)
    out.print(worded("cli.explain_koubai_explain_forward_data", path=printable(path), node=node), soft_wrap=True)
