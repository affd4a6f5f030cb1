"""What lies in helm/crosspoint: dashboards and alerts; and in metrics/: what the services export."""
import glob
import json
import os
import re

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
METRICS = os.path.join(ROOT, 'tests/observability/metrics')
ALERT_TESTS = os.path.join(ROOT, 'tests/observability/alerts')
RUNBOOKS = os.path.join(ROOT, 'deploy/runbooks')


def dashboards():
    """(file name, parsed dashboard), by name."""
    for file in sorted(glob.glob(os.path.join(ROOT, 'helm/crosspoint/dashboards/*.json'))):
        with open(file, encoding='utf-8') as f:
            yield os.path.basename(file)[:-5], json.load(f)


def panels(dashboard):
    return [panel for panel in dashboard['panels'] if panel['type'] != 'row']


def alert_files():
    return sorted(glob.glob(os.path.join(ROOT, 'helm/crosspoint/alerts/*.yaml')))


def alerts():
    """(file, rule) of every alert."""
    import yaml
    for file in alert_files():
        with open(file, encoding='utf-8') as f:
            for group in yaml.safe_load(f)['groups']:
                for rule in group['rules']:
                    yield os.path.basename(file), rule


def exported():
    """Series name -> its labels, over all services; histograms as their three series."""
    series = {'up': set(), 'ALERTS': {'alertname', 'alertstate'}}
    for file in glob.glob(os.path.join(METRICS, '*.txt')):
        with open(file, encoding='utf-8') as f:
            for line in f:
                kind, name, labels = re.match(r'(\w+) (\w+)(?:\{(.*?)\})?', line).groups()
                names = [name + end for end in ('_bucket', '_count', '_sum')] if kind == 'histogram' else [name]
                for one in names:
                    series.setdefault(one, set()).update(labels.split(',') if labels else [])
                    if one.endswith('_bucket'):
                        series[one].add('le')
    return series
