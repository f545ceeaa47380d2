"""A reader of reports for tests: what stands in their tables, and what they would load."""

import html.parser


class Page(html.parser.HTMLParser):
    """Collects the cells of tables, and whatever a page would load."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.loads, self.cell = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.loads += [value for name, value in attributes if name in ("src", "href", "action") and value]
        if tag == "tr":
            self.rows.append([])
        self.cell = tag in ("td", "th")
        if self.cell:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.cell = self.cell and tag not in ("td", "th")

    def handle_data(self, data):
        if self.cell:
            self.rows[-1][-1] += data
