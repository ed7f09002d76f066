"""The service's description: OpenAPI for programs, and the same as a page."""

import json
from html import escape

from koubai.core.language import LANGUAGES
from koubai.core.schema import Record
from koubai.export import steps
from koubai.serve.answers import Answers
from koubai.serve.bodies import ARROW, CSV, FORMS, JSON
from koubai.serve.pictures import IMAGE, PICTURES, PIXELS

TYPES: dict[str, dict[str, object]] = {
    steps.NUMBER: {"type": ["number", "string", "null"]},
    steps.TRUTH: {"type": ["boolean", "string", "number", "null"]},
    steps.CATEGORY: {"type": ["string", "number", "boolean", "null"]},
    steps.TEXT: {"type": ["string", "null"]},
    steps.CELL: {"type": ["string", "number", "boolean", "null"]},
    steps.IMAGE: {"type": "string", "contentEncoding": "base64"},
    steps.ROW: {"type": "array"},
    steps.DATE: {"type": ["string", "null"], "format": "date-time"},
}
EXAMPLES: dict[str, object] = {
    steps.NUMBER: 1.5,
    steps.TRUTH: True,
    steps.DATE: "2024-05-31",
    steps.TEXT: "a text",
    steps.CELL: 1.5,
    steps.IMAGE: "iVBORw0KGgo…",
    steps.ROW: [[0.0, 255.0], [255.0, 0.0]],
}
TABLES = (CSV, ARROW)

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
pre { background: #f4f4f1; padding: .8rem; white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 6px; }
code { font-size: .95em; }
table { border-collapse: collapse; display: block; max-width: 100%; overflow-x: auto; }
td, th { text-align: left; padding: .25rem .8rem .25rem 0; vertical-align: top; }
th { border-bottom: 1px solid #888; } td { border-bottom: 1px solid #ddd; }
"""


def row_example(scorer: Answers) -> dict[str, object]:
    """Return a row as an example."""
    inputs = scorer.inputs[:1] if PICTURES in scorer.types else scorer.inputs  # one of two ways
    return {given.name: next(iter(given.codes), "text") if given.kind == steps.CATEGORY else EXAMPLES[given.kind]
            for given in inputs}  # fmt: skip


def _row(scorer: Answers) -> Record:
    """Return what a row is."""
    row: dict[str, object] = {
        "type": "object",
        "properties": {given.name: TYPES[given.kind] for given in scorer.inputs},
        "example": row_example(scorer),
    }
    if PICTURES in scorer.types:
        return row | {"oneOf": [{"required": [name]} for name in (IMAGE, PIXELS)]}
    return row | {"required": [given.name for given in scorer.inputs]}


def _answer(scorer: Answers) -> Record:
    """Return what an answer is."""
    label = {"type": "string"} if scorer.classes and isinstance(scorer.classes[0], str) else {}
    number = {"type": ["number", "array"], "items": {"type": "number"}}
    properties: dict[str, object] = {"prediction": label if scorer.classes else number}
    if scorer.has_probabilities:
        properties["probabilities"] = {"type": "object", "additionalProperties": {"type": "number"}}
    properties["notes"] = {"type": "array", "items": {"type": "string"}}
    return {"type": "object", "required": ["prediction"], "properties": properties}


def specification(scorer: Answers, version: str, needs_token: bool) -> Record:
    """Return the service in OpenAPI 3.1."""
    row, answer = _row(scorer), _answer(scorer)
    ref = {name: {"$ref": f"#/components/schemas/{name}"} for name in ("Row", "Answer", "Answers", "Error")}
    rows = {"oneOf": [ref["Row"], {"type": "array", "items": ref["Row"], "minItems": 1}]}
    answers = {"oneOf": [ref["Answer"], ref["Answers"]]}
    tables = {kind: {"schema": {"type": "string"}} for kind in TABLES}
    others = {kind: {"schema": {"type": "string"}} for kind in scorer.types if kind != JSON}
    errors = {
        str(status): {"description": said, "content": {JSON: {"schema": ref["Error"]}}}
        for status, said in {400: "not readable", 401: "no token", 413: "too large", 415: "another type",
                             422: "a column is missing, or a cell does not belong there"}.items()
    }  # fmt: skip
    explained = {"content": {kind: {"schema": {"type": "string"}} for kind in FORMS.values()}}
    asked = [
        {"name": "form", "in": "query", "schema": {"enum": [*FORMS], "default": "html"}},
        {"name": "lang", "in": "query", "schema": {"enum": [*LANGUAGES], "default": "en"}},
    ]
    text = {"200": {"description": "as it is", "content": {"text/plain": {"schema": {"type": "string"}}}}}
    found: Record = {
        "openapi": "3.1.0",
        "info": {"title": f"koubai: {scorer.title}", "version": version},
        "paths": {
            "/predict": {"post": {
                "summary": "Predict one row, or several",
                "requestBody": {"required": True, "content": {JSON: {"schema": rows}, **others}},
                "responses": {"200": {"description": "predictions, in the type that came or is accepted",
                                      "content": {JSON: {"schema": answers}, **tables}}, **errors},
            }},
            "/explain": {"post": {
                "summary": "Derive the prediction of one row, step by step",
                "parameters": asked,
                "requestBody": {"required": True, "content": {JSON: {"schema": ref["Row"]}}},
                "responses": {"200": {"description": "the derivation", **explained}, **errors},
            }},
            "/health": {"get": {"summary": "Whether the service is up", "responses": {"200": {"description": "yes"}}}},
            "/metrics": {"get": {"summary": "Counts and times for Prometheus", "responses": text}},
        },
        "components": {"schemas": {
            "Row": row, "Answer": answer,
            "Answers": {"type": "object", "properties": {"predictions": {"type": "array", "items": ref["Answer"]},
                                                         "notes": answer["properties"]["notes"]}},
            "Error": {"type": "object", "properties": {"error": {"type": "string"}}},
        }},
    }  # fmt: skip
    if not scorer.is_explained:
        del found["paths"]["/explain"]
    if needs_token:
        found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        found["security"] = [{"token": []}]
    return found


def page(scorer: Answers, specified: Record) -> str:
    """Return the description as a page without scripts."""
    title = escape(specified["info"]["title"])
    columns = "".join(
        f"<tr><td><code>{escape(given.name)}</code></td><td>{_holds(given)}</td><td>"
        f"{escape(', '.join(list(given.codes)[:8]))}{'…' if len(given.codes) > 8 else ''}</td></tr>"
        for given in scorer.inputs
    )
    many = (
        f"Send a list of rows, CSV (<code>{CSV}</code>) or Arrow (<code>{ARROW}</code>) for many. <code>null</code> is "
        "a missing value."
        if CSV in scorer.types
        else "Send one picture as it is (<code>Content-Type: image/png</code> or what it is), or a list of rows for "
        "many; a row holds one of the two."
    )
    row = json.dumps(row_example(scorer), ensure_ascii=False)
    calls = "".join(
        f"<tr><td><code>{method.upper()} {path}</code></td><td>{escape(said['summary'])}</td></tr>"
        for path, methods in specified["paths"].items()
        for method, said in methods.items()
    )
    token = " -H 'Authorization: Bearer TOKEN'" if "security" in specified else ""
    row = row.replace("'", r"'\''")  # a shell's text ends at its apostrophe
    given = f"-H 'Content-Type: application/json' -d '{row}'"
    if PICTURES in scorer.types:
        given = "-H 'Content-Type: image/png' --data-binary @picture.png"
    call = escape(f"curl -X POST{token} {given} http://HOST:PORT/predict")
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{STYLE}</style></head>"
        f"<body><h1>{title}</h1><table>{calls}</table><h2>A row</h2><table><tr><th>column</th><th>holds</th>"
        f"<th>such as</th></tr>{columns}</table><h2>A call</h2><pre>{call}</pre><p>{many} "
        'The whole description for programs: <a href="openapi.json">openapi.json</a>.</p></body></html>'
    )


def _holds(given: steps.Input) -> str:
    """Return what an input holds, in a word or two."""
    size = " × ".join(map(str, given.shape))
    words = {steps.CELL: "number or text", steps.IMAGE: "picture file in base64", steps.ROW: f"{size} numbers in lists"}
    return words.get(given.kind, given.kind)
