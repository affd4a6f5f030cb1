#!/usr/bin/python3
"""Dashboards and alerts speak only of metrics that services export; each alert has its runbook page and its tests.

The lists in metrics/ are held to the running services by the end-to-end test H10."""
import os
import subprocess
import sys

import catalogue
import promql

# What Prometheus and a cluster add to every series.
ADDED = {'job', 'instance', 'namespace', '__name__'}
HEADINGS = ['## What happened', '## Likely cause', '## Effect', '## What to do']
faults = []


def fault(where, what):
    faults.append(f'{where}: {what}')


def check_query(where, query, series):
    selectors, labels = promql.parse(query)
    if not selectors:
        fault(where, f'asks for no metric: {query}')
    known = set(ADDED)
    for selector in selectors:
        names = selector.names(series)
        if not names:
            fault(where, f'no service exports {selector}')
        for name in names:
            known |= series[name]
    for label in labels - known:
        fault(where, f'no series of this query has the label {label}: {query}')


def overlaps(a, b):
    return (a['x'] < b['x'] + b['w'] and b['x'] < a['x'] + a['w'] and a['y'] < b['y'] + b['h'] and
            b['y'] < a['y'] + a['h'])


def check_dashboard(name, board, series):
    for key in ('uid', 'title', 'description', 'panels', 'templating', 'schemaVersion'):
        if not board.get(key):
            fault(name, f'has no {key}')
    if board.get('tags') != ['crosspoint']:
        fault(name, 'wants the tag crosspoint, by which the others link to it')
    ids = [panel['id'] for panel in board['panels']]
    if len(ids) != len(set(ids)):
        fault(name, 'two panels have the same id')
    places = [(panel['title'], panel['gridPos']) for panel in board['panels']]
    for i, (title, place) in enumerate(places):
        if place['x'] + place['w'] > 24:
            fault(name, f'{title} reaches beyond the right edge')
        for other, where in places[:i]:
            if overlaps(place, where):
                fault(name, f'{title} lies upon {other}')
    for panel in catalogue.panels(board):
        where = f'{name}: {panel["title"]}'
        if not panel.get('description'):
            fault(where, 'does not say what it shows')
        if not panel.get('targets'):
            fault(where, 'asks nothing')
        for target in panel.get('targets', []):
            if 'namespace=~"$namespace"' not in target['expr'] and 'ALERTS' not in target['expr']:
                fault(where, 'does not heed $namespace')
            check_query(where, target['expr'], series)


def check_runbook(name):
    path = os.path.join(catalogue.RUNBOOKS, name + '.md')
    if not os.path.exists(path):
        return fault(name, 'has no page in deploy/runbooks')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    at = [text.find(heading) for heading in HEADINGS]
    if -1 in at or at != sorted(at):
        fault(name, f'its page must have, in this order: {", ".join(HEADINGS)}')
    if not text.startswith(f'# {name}\n'):
        fault(name, 'its page must begin with its name')


def check_alerts(series):
    import yaml
    tested = set()
    for file in os.listdir(catalogue.ALERT_TESTS):
        with open(os.path.join(catalogue.ALERT_TESTS, file), encoding='utf-8') as f:
            for test in yaml.safe_load(f)['tests']:
                for case in test['alert_rule_test']:
                    tested.add((case['alertname'], bool(case.get('exp_alerts'))))
    names = []
    for file, rule in catalogue.alerts():
        name = rule['alert']
        names.append(name)
        if rule['labels'].get('severity') not in ('critical', 'warning'):
            fault(name, 'severity is critical or warning')
        if rule['annotations'].get('runbook') != f'deploy/runbooks/{name}.md':
            fault(name, 'does not name its runbook page')
        for key in ('summary', 'description'):
            if not rule['annotations'].get(key):
                fault(name, f'has no {key}')
        check_query(f'{file}: {name}', rule['expr'], series)
        check_runbook(name)
        for fires in (True, False):
            if (name, fires) not in tested:
                fault(name, f'no test shows that it {"fires" if fires else "stays silent"}')
    if len(names) != len(set(names)):
        fault('alerts', 'two have the same name')
    for page in os.listdir(catalogue.RUNBOOKS):
        if page != 'README.md' and page[:-3] not in names:
            fault(page, 'belongs to no alert')
    return len(names)


def promtool(*arguments):
    run = subprocess.run(['promtool', *arguments], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        fault('promtool ' + ' '.join(arguments[:2]), run.stdout + run.stderr)


def main():
    series = catalogue.exported()
    count = 0
    for name, board in catalogue.dashboards():
        check_dashboard(name, board, series)
        count += len(catalogue.panels(board))
    alerts = check_alerts(series)
    promtool('check', 'rules', *catalogue.alert_files())
    tests = [os.path.join(catalogue.ALERT_TESTS, file) for file in sorted(os.listdir(catalogue.ALERT_TESTS))]
    promtool('test', 'rules', *tests)
    for one in faults:
        print(one)
    print(f'{count} panels, {alerts} alerts, {len(series)} series known, {len(faults)} faults')
    return 1 if faults or not count or not alerts else 0


sys.exit(main())
