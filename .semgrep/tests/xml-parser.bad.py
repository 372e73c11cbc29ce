"""What the rule must find: parsers that expand entities."""

# ruleid: xml-parser
import xml.dom.minidom

# ruleid: xml-parser
import xml.etree.ElementTree as ET
import xml.sax

# ruleid: xml-parser
from lxml import etree

# ruleid: xml-parser
from xml.etree import ElementTree

# ruleid: xml-parser
from xml.sax import make_parser


def read(raw):
    # ruleid: xml-parser
    xml.sax.parseString(raw, None)
