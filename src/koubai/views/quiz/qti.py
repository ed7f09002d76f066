"""Questions as a QTI 2.1 package: an item for each question, a test for each student, and the manifest.

After IMS Question and Test Interoperability 2.1 (2012) and IMS Content Packaging 1.1: text entries with the accepted
spellings mapped to points, and single choices. Formulas are MathML within the items, as QTI has them.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from typing import ClassVar
from xml.etree import ElementTree as ET

from koubai.core.language import Language, text
from koubai.explain.quiz.papers import Paper
from koubai.explain.quiz.questions import Question
from koubai.explain.quiz.reading import LETTERS
from koubai.views.formulas.mathml import MathMLWriter
from koubai.views.formulas.writer import Writer
from koubai.views.quiz.prompts import HtmlPrompt, accepted

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
CP = "http://www.imsglobal.org/xsd/imscp_v1p1"
MATHML = "http://www.w3.org/1998/Math/MathML"
MATCHED = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"
MAPPED = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/map_response"
SAME_DAY = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the package, so that the same questions give the same bytes."""


class QtiPrompt(HtmlPrompt):
    """Writes a question as XHTML with MathML."""

    writes: ClassVar[type[Writer]] = MathMLWriter

    def rows(self, rows: str) -> str:
        """Return a table of these rows; QTI requires them in a body."""
        return f"<table><tbody>{rows}</tbody></table>"

    def maths(self, written: str) -> str:
        """Return MathML in its namespace, without attributes for style sheets that are not there."""
        plain = written.replace(' mathvariant="normal" class="vector"', ' mathvariant="bold"')
        plain = re.sub(r' class="[^"]*"', "", plain)
        return f'<math xmlns="{MATHML}"><mrow>{plain}</mrow></math>'


def written(papers: Sequence[Paper], lang: Language) -> bytes:
    """Return the package."""
    files: dict[str, bytes] = {}
    resources: list[tuple[str, str, str, list[str]]] = []
    for order, paper in enumerate(papers, start=1):
        items = []
        for number, asked in enumerate(paper.sheet.questions, start=1):
            identifier = f"item-{order}-{number}"
            name = f"{text(f'quiz.topic.{paper.sheet.topic}', lang)} {paper.sheet.seed}-{number}"
            files[f"items/{identifier}.xml"] = _item(asked, identifier, name, lang)
            items.append(identifier)
            resources.append((identifier, "imsqti_item_xmlv2p1", f"items/{identifier}.xml", []))
        files[f"test-{order}.xml"] = _test(paper, f"test-{order}", items, lang)
        resources.append((f"test-{order}", "imsqti_test_xmlv2p1", f"test-{order}.xml", items))
    files["imsmanifest.xml"] = _manifest(resources)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"koubai"
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, SAME_DAY), content, zipfile.ZIP_DEFLATED)
    return package.getvalue()


def _item(asked: Question, identifier: str, title: str, lang: Language) -> bytes:
    item = ET.Element("assessmentItem", xmlns=QTI, identifier=identifier, title=title)
    item.attrib |= {"adaptive": "false", "timeDependent": "false", "xml:lang": lang}
    kind = "identifier" if asked.choices else "string"
    declared = ET.SubElement(item, "responseDeclaration", identifier="RESPONSE", cardinality="single", baseType=kind)
    spellings = [str(asked.answer)] if asked.choices else list(dict.fromkeys(accepted(asked)))
    ET.SubElement(ET.SubElement(declared, "correctResponse"), "value").text = spellings[0]
    if not asked.choices:
        mapping = ET.SubElement(declared, "mapping", defaultValue="0")
        for spelled in spellings:
            ET.SubElement(mapping, "mapEntry", mapKey=spelled, mappedValue="1", caseSensitive="false")
    ET.SubElement(item, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    composer = QtiPrompt(asked.notation, lang)
    body = composer.all(asked) + _interaction(asked, composer)
    item.append(ET.fromstring(f'<itemBody xmlns="{QTI}">{body}</itemBody>'))
    ET.SubElement(item, "responseProcessing", template=MATCHED if asked.choices else MAPPED)
    return _document(item)


def _interaction(asked: Question, composer: QtiPrompt) -> str:
    if not asked.choices:
        return '<p><textEntryInteraction responseIdentifier="RESPONSE" expectedLength="20"/></p>'
    choices = "".join(
        f'<simpleChoice identifier="{letter}">{composer.words(choice)}</simpleChoice>'
        for letter, choice in zip(LETTERS, asked.choices, strict=False)
    )
    return (
        f'<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1">{choices}</choiceInteraction>'
    )


def _test(paper: Paper, identifier: str, items: Sequence[str], lang: Language) -> bytes:
    title = f"{text(f'quiz.topic.{paper.sheet.topic}', lang)} {paper.student.shown}".strip()
    test = ET.Element("assessmentTest", xmlns=QTI, identifier=identifier, title=title)
    modes = {"navigationMode": "nonlinear", "submissionMode": "simultaneous"}
    part = ET.SubElement(test, "testPart", {"identifier": "part", **modes})
    section = ET.SubElement(part, "assessmentSection", identifier="section", title=title, visible="true")
    for item in items:
        ET.SubElement(section, "assessmentItemRef", identifier=item, href=f"items/{item}.xml")
    return _document(test)


def _manifest(resources: Sequence[tuple[str, str, str, list[str]]]) -> bytes:
    manifest = ET.Element("manifest", xmlns=CP, identifier="koubai")
    metadata = ET.SubElement(manifest, "metadata")
    ET.SubElement(metadata, "schema").text = "QTIv2.1 Package"
    ET.SubElement(metadata, "schemaversion").text = "1.0.0"
    ET.SubElement(manifest, "organizations")
    every = ET.SubElement(manifest, "resources")
    for identifier, kind, href, needs in resources:
        resource = ET.SubElement(every, "resource", identifier=identifier, type=kind, href=href)
        ET.SubElement(resource, "file", href=href)
        for other in needs:
            ET.SubElement(resource, "dependency", identifierref=other)
    return _document(manifest)


def _document(root: ET.Element) -> bytes:
    """Return a document in which the default namespace stands without a prefix, as importers expect."""
    default = root.attrib.pop("xmlns", QTI)
    ET.register_namespace("", default)
    for element in root.iter():
        if not element.tag.startswith("{"):
            element.tag = f"{{{default}}}{element.tag}"
    ET.register_namespace("m", MATHML)
    language = root.attrib.pop("xml:lang", None)
    if language:
        root.attrib["{http://www.w3.org/XML/1998/namespace}lang"] = language
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)
