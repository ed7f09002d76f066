"""``koubai show`` of a model of images."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from koubai.cli.images.fit import HEADINGS, NUMBERS, layer_rows
from koubai.cli.parts.terminal import plain_table, printable

if TYPE_CHECKING:
    from rich.console import Console

    from koubai.core.network import Network

MANY_CLASSES = 20


def show_images(out: "Console", record: Mapping[str, Any]) -> None:
    """Print what is predicted for which images."""
    from koubai.images.images import said_of_size
    from koubai.models.of_images.learnable import channels_in_words

    fitted, labels = record["estimator"]["fitted"], record["estimator"].get("labels")
    height, width, channels = (int(size) for size in fitted["image_shape_"])
    out.print(f"Predicts {record['task']} ({printable(record['why'])})")
    resized = ", to which pictures are resized" if record["resized"] else ""
    out.print(f"Images   {said_of_size(height, width)} pixels{resized}, {channels_in_words(channels)}")
    counts = record["images"]
    out.print(f"         {', '.join(f'{counts[name]:,} {name}' for name in ('training', 'test') if counts[name])}")
    if labels is not None:
        values = labels["classes"]["values"]
        listed = ", ".join(printable(value) for value in values[:MANY_CLASSES])
        out.print(f"Classes  {listed}{', …' if len(values) > MANY_CLASSES else ''}")
    for note in record["notes"]:
        out.print(f"Note: {printable(note)}", style="yellow")


def show_maps(out: "Console", network: "Network") -> None:
    """Print the layers with their names and the shapes of their maps."""
    rows = [("input", "", " × ".join(map(str, network.layers[0].input_shape)), "", ""), *layer_rows(network)]
    rows.append(("all", f"loss: {network.loss.name}", "", "", f"{network.n_parameters:,}"))
    out.print(plain_table(HEADINGS, rows, numbers=NUMBERS))


def show_cells(out: "Console", record: Mapping[str, Any], path: str) -> None:
    """Print a Neocognitron: its images, its stages, its classes, and how to see what it sees."""
    from koubai.images.images import said_of_size
    from koubai.models.of_images.learnable import channels_in_words

    height, width, channels = (int(size) for size in record["fitted"]["image_shape_"])
    out.print(f"Images   {said_of_size(height, width)} pixels, {channels_in_words(channels)}")
    classes = record["classes"]
    listed = (
        "learned without labels" if classes is None else ", ".join(map(printable, classes["values"][:MANY_CLASSES]))
    )
    out.print(f"Classes  {listed}{', …' if classes is not None and len(classes['values']) > MANY_CLASSES else ''}")
    rows = [
        (f"S{number}, C{number}", f"{planes:,}", f"{stage['fields']}×{stage['fields']}", f"{stage['thresholds']:g}",
         f"{stage['blurs']}×{stage['blurs']}", f"{stage['strides']}")
        for number, (planes, stage) in enumerate(zip(record["planes"], record["stages"], strict=True), start=1)
    ]  # fmt: skip
    out.print(plain_table(("stage", "planes", "S-cell sees", "θ", "C-cell blurs", "stride"), rows, numbers=(1, 3, 5)))
    if classes is not None:
        out.print(f"See      koubai show {printable(path)} --images IMAGES --out seen.html", soft_wrap=True)
        out.print(f"Predict  koubai predict {printable(path)} IMAGES --out predictions.csv", soft_wrap=True)


def show_commands(out: "Console", network: "Network", path: str) -> None:
    """Print how to see what the network sees, and how one of its numbers is explained."""
    from koubai.explain.network.naming import layer_names

    node = f"{layer_names(network)[0]}[{','.join('1' for _ in network.layers[0].output_shape)}]"
    out.print(f"See      koubai show {printable(path)} --images IMAGES --out seen.html", soft_wrap=True)
    out.print(f"Explain  koubai explain forward {printable(path)} --data IMAGES --node {node}", soft_wrap=True)
