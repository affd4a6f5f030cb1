#!/usr/bin/env python3
"""Plays the main story on the whole system under a real Prometheus, then asks it every panel's and every alert's query.

Run by tests/dashboards.sh. Ends with 0 when every panel query of every dashboard returned data, every rule was
evaluated without error on series that exist, no alert fires on a system that is well, and some become true once it is
broken."""
import argparse
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import catalogue
import promql
from person import Person, client_code, move_a_meeting
from story import Story

SCRAPE_SECONDS = 1
REACTION_SECONDS = 60
SETTLE_SECONDS = 25  # for followers, sweeps and readings on schedule to have happened at least once


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Prometheus:
    """A Prometheus of our own, told of the services as they say where they listen."""

    def __init__(self, folder):
        self.folder = folder
        self.url = f'http://127.0.0.1:{free_port()}'
        self.targets = os.path.join(folder, 'targets.json')
        self.told = None
        self.tell({})
        config = {
            'global': {'scrape_interval': f'{SCRAPE_SECONDS}s', 'evaluation_interval': f'{SCRAPE_SECONDS}s'},
            'rule_files': catalogue.alert_files(),
            'scrape_configs': [{'job_name': 'crosspoint', 'file_sd_configs': [{'files': [self.targets],
                                                                              'refresh_interval': '1s'}]}]}
        file = os.path.join(folder, 'prometheus.yml')
        with open(file, 'w', encoding='utf-8') as f:
            json.dump(config, f)  # JSON is YAML
        self.log = open(os.path.join(folder, 'prometheus.log'), 'w', encoding='utf-8')
        self.process = subprocess.Popen(
            ['prometheus', f'--config.file={file}', f'--storage.tsdb.path={folder}/tsdb',
             f'--web.listen-address={self.url[7:]}', '--log.level=warn'], stdout=self.log, stderr=self.log)

    def tell(self, ports):
        """`ports`: of /metrics, by service and replica."""
        if ports == self.told:
            return
        self.told = ports
        text = json.dumps([{'targets': [f'127.0.0.1:{port}'], 'labels': {'job': 'crosspoint-' + re.sub(r'-\d+$', '', name)}}
                           for name, port in ports.items()])
        with open(self.targets + '.new', 'w', encoding='utf-8') as f:
            f.write(text)
        os.rename(self.targets + '.new', self.targets)

    def get(self, path, **parameters):
        with urllib.request.urlopen(f'{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}', timeout=20) as r:
            return json.load(r)['data']

    def query(self, text):
        """The values now; numbers that are none are left out."""
        values = [float(sample['value'][1]) for sample in self.get('query', query=text)['result']]
        return [value for value in values if not math.isnan(value)]

    def stop(self):
        self.process.terminate()
        self.process.wait()


def busy(story):
    """What people do while the panels are looked at."""
    person = Person(story)
    for state in ('do-not-disturb', 'available') * 3:
        move_a_meeting(person, state)
        story.ctl('search', 'miller')
        story.ctl('presence', 'set', 'do-not-disturb', '--for', '1h')
        story.ctl('presence', 'clear')
        story.ctl('meetings', 'list')
        story.ctl('contacts', 'lookup', '+493023125101')
        time.sleep(1)


def short(values):
    text = ', '.join(f'{value:.4g}' for value in values[:3])
    return text + (', …' if len(values) > 3 else '')


def look_at_panels(prometheus):
    empty = 0
    print(f'\n{"dashboard":<14} {"panel":<38} {"query":<5} {"series":>6}  values')
    for name, board in catalogue.dashboards():
        for panel in catalogue.panels(board):
            for target in panel['targets']:
                query = target['expr'].replace('$__rate_interval', '2m').replace('$namespace', '.*')
                values = prometheus.query(query)
                empty += not values
                print(f'{name:<14} {panel["title"]:<38} {target["refId"]:<5} {len(values):>6}  '
                      f'{short(values) if values else "EMPTY: " + query}')
    return empty


def look_at_alerts(prometheus):
    wrong = 0
    rules = [rule for group in prometheus.get('rules')['groups'] for rule in group['rules']]
    known = {name for name in prometheus.get('label/__name__/values')}
    print(f'\n{"alert":<40} {"state":<9} {"evaluated":<10} {"series":>6}  its test')
    for rule in sorted(rules, key=lambda rule: rule['name']):
        selectors, _ = promql.parse(rule['query'])
        counts = [sum(prometheus.query(f'count({selector})')) for selector in selectors]
        good = rule['health'] == 'ok' and all(counts) and rule['state'] != 'firing' and any(
            selector.names(known) for selector in selectors)
        wrong += not good
        print(f'{rule["name"]:<40} {rule["state"]:<9} {rule["health"]:<10} {int(sum(counts)):>6}  '
              f'{"fires and stays silent (promtool)" if good else "WRONG " + rule.get("lastError", "") + rule["query"]}')
    return wrong, len(rules)


def firing_soon(prometheus, names):
    """Those of `names` that Prometheus does not see as true within the limit; they fire when that lasts as they say."""
    missing, end = set(names), time.monotonic() + REACTION_SECONDS
    while missing and time.monotonic() < end:
        time.sleep(SCRAPE_SECONDS)
        missing -= {alert['labels']['alertname'] for alert in prometheus.get('alerts')['alerts']}
    return missing


def look_at_reactions(prometheus, story):
    """Breaks the running system and sees alerts become true that no test input made up."""
    missing = set()
    for what, damage, names in (
            ('contact is killed', lambda: os.kill(story.pid('contact-0'), signal.SIGKILL), ['CrosspointServiceDown']),
            ('Redis ends', story.end_redis,
             ['CrosspointRedisUnreachable', 'CrosspointServiceNotReady', 'CrosspointReplicaNotReady'])):
        damage()
        missing |= (late := firing_soon(prometheus, names))
        print(f'{what}: {", ".join(name + (" STAYS SILENT" if name in late else " is true") for name in names)}')
    return len(missing)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--bin', required=True, help='where the compiled programs are')
    binaries = arguments.parse_args().bin
    with tempfile.TemporaryDirectory(prefix='crosspoint-dashboards-') as folder, client_code():
        prometheus = Prometheus(folder)
        story = None
        try:
            story = Story(binaries, folder, meanwhile=prometheus.tell)
            busy(story)
            time.sleep(SETTLE_SECONDS)
            empty = look_at_panels(prometheus)
            wrong, alerts = look_at_alerts(prometheus)
            print()
            silent = look_at_reactions(prometheus, story)
        finally:
            if story is not None:
                story.stop()
            prometheus.stop()
    boards = list(catalogue.dashboards())
    panels = sum(len(catalogue.panels(board)) for _, board in boards)
    queries = sum(len(panel['targets']) for _, board in boards for panel in catalogue.panels(board))
    print(f'\n{len(boards)} dashboards, {panels} panels, {queries} queries: {empty} empty. '
          f'{alerts} alerts: {wrong} wrong, {silent} silent where they should not be.')
    sys.exit(1 if empty or wrong or silent or not queries or not alerts else 0)


main()
