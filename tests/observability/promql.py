"""Reads queries just far enough to know which metrics and labels they speak of."""
import re

_WORDS = {'and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan', 'e'}
_CLAUSE = re.compile(r'\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)')
_MATCHER = re.compile(r'\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*,?')


class Selector:
    """One vector selector: `name` (None when chosen by __name__ alone) and its matchers."""

    def __init__(self, name, matchers):
        self.name, self.matchers = name, matchers

    def names(self, known):
        """The known metric names it can mean."""
        if self.name:
            return [self.name] if self.name in known else []
        return [k for k in known for label, op, value in self.matchers
                if label == '__name__' and op == '=~' and re.fullmatch(value, k)]

    def __str__(self):
        inside = ','.join(f'{label}{op}"{value}"' for label, op, value in self.matchers)
        return (self.name or '') + (f'{{{inside}}}' if inside else '')


def parse(query):
    """The selectors of `query` and the labels of its by, on and such clauses."""
    selectors, labels = [], set()

    def clause(match):
        labels.update(x.strip() for x in match.group(2).split(',') if x.strip())
        return ' '

    # Strings may hold anything, so braces are read before clauses and names.
    rest, at = '', 0
    for match in re.finditer(r'([A-Za-z_:][\w:]*)?\{((?:[^"{}]|"(?:[^"\\]|\\.)*")*)\}', query):
        selectors.append(Selector(match.group(1), _MATCHER.findall(match.group(2))))
        rest, at = rest + query[at:match.start()] + ' 1 ', match.end()
    rest += query[at:]
    rest = re.sub(r'"(?:[^"\\]|\\.)*"', ' ', rest)
    rest = re.sub(r'\[[^\]]*\]', ' ', rest)
    rest = _CLAUSE.sub(clause, rest)
    for match in re.finditer(r'(?<![\w.])([A-Za-z_:][\w:]*)(\s*\()?', rest):
        if not match.group(2) and match.group(1).lower() not in _WORDS:
            if match.group(1) not in ('by', 'without', 'sum', 'max', 'min', 'count', 'topk'):
                selectors.append(Selector(match.group(1), []))
    for selector in selectors:
        labels.update(label for label, _, _ in selector.matchers)
    return selectors, labels
