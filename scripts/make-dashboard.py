#!/usr/bin/env python3
"""Writes the Grafana dashboard of the chart: chart/files/dashboard.json.

usage: make-dashboard.py [--check]    --check compares instead of writing
"""

import json
import pathlib
import sys

FILE = pathlib.Path(__file__).parent.parent / "chart/files/dashboard.json"
OF = '{namespace=~"$namespace", pod=~"$pod"}'


def rate(metric, by="", more=""):
    group = f" by ({by})" if by else ""
    return f"sum{group} (rate({metric}{OF[:-1]}{more}}}[$__rate_interval]))"


def quantile(q, metric, by=""):
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, {rate(metric + '_bucket', labels)})"


def mean(metric, by):
    return f"{rate(metric + '_sum', by)} / {rate(metric + '_count', by)}"


# title, unit, what it tells, [(expression, legend)]; a string begins a row
PANELS = [
    "Events",
    ("Throughput", "cps", "Records in, events and bad rows out",
     [(rate("snowmelt_raw_total"), "raw"), (rate("snowmelt_good_total"), "good"), (rate("snowmelt_bad_total"), "bad"),
      (rate("snowmelt_pii_total"), "pii")]),
    ("Refused", "percentunit", "Bad rows among all rows",
     [(f"{rate('snowmelt_bad_total')} / ({rate('snowmelt_bad_total')} + {rate('snowmelt_good_total')})", "bad")]),
    ("Bad rows by type", "cps", "", [(rate("snowmelt_bad_total", "type"), "{{type}}")]),
    ("Refusals by schema", "cps", "The ten schemas that refuse most",
     [(f"topk(10, {rate('snowmelt_bad_by_schema_total', 'schema')})", "{{schema}}")]),
    ("Bytes", "Bps", "", [(rate("snowmelt_raw_bytes_total"), "raw"), (rate("snowmelt_good_bytes_total"), "good")]),
    ("Fails the atomic limits", "cps", "Accepted or not", [(rate("snowmelt_invalid_enriched_total"), "events")]),
    "Time",
    ("From collector to durable", "s", "",
     [(quantile(0.5, "snowmelt_e2e_latency_seconds"), "p50"), (quantile(0.99, "snowmelt_e2e_latency_seconds"), "p99")]),
    ("Lag in time", "s", "By partition or shard", [(f"max by (partition) (snowmelt_source_lag_seconds{OF})", "{{partition}}")]),
    ("Lag in records", "short", "Not committed yet, by partition",
     [(f"max by (partition) (snowmelt_source_lag_records{OF})", "{{partition}}")]),
    ("A batch", "s", "",
     [(quantile(0.99, "snowmelt_batch_seconds"), "enriched, p99"), (quantile(0.99, "snowmelt_sink_seconds"), "written, p99")]),
    ("Records of a batch", "short", "", [(quantile(0.5, "snowmelt_batch_records"), "p50"), (quantile(0.99, "snowmelt_batch_records"), "p99")]),
    ("Time of an enrichment", "s", "Mean for one event", [(mean("snowmelt_enrichment_seconds", "enrichment"), "{{enrichment}}")]),
    "Streams",
    ("Partitions of a pod", "short", "", [(f"snowmelt_partitions{OF}", "{{pod}}")]),
    ("Partitions that moved", "cps", "",
     [(rate("snowmelt_partitions_gained_total"), "gained"), (rate("snowmelt_partitions_lost_total"), "lost")]),
    ("Rows sent again", "cps", "", [(rate("snowmelt_sink_retries_total", "stream"), "{{stream}}")]),
    ("Commits", "cps", "", [(rate("snowmelt_commits_total", "outcome"), "{{outcome}}")]),
    "Schemas and enrichments",
    ("Cache of schemas", "percentunit", "Look-ups that the cache answered",
     [(f"{rate('snowmelt_schema_cache_hits_total')} / ({rate('snowmelt_schema_cache_hits_total')} + {rate('snowmelt_schema_cache_misses_total')})", "hits")]),
    ("Schemas in the cache", "short", "The fullest pod", [(f"max by (state) (snowmelt_schema_cache_entries{OF})", "{{state}}")]),
    ("Asking registries", "cps", "", [(rate("snowmelt_schema_fetch_seconds_count", "registry, outcome"), "{{registry}} {{outcome}}")]),
    ("Failures of enrichments", "cps", "", [(rate("snowmelt_enrichment_failures_total", "enrichment"), "{{enrichment}}")]),
    ("Remote adapters", "cps", "", [(rate("snowmelt_remote_adapter_requests_total", "outcome"), "{{outcome}}")]),
    ("Reloads", "short", "", [(f"max by (pod) (snowmelt_pipeline_generation{OF})", "generation, {{pod}}"),
                              (f"max by (pod) (snowmelt_reload_failed{OF})", "refused, {{pod}}")]),
    "Pods",
    ("Ready", "short", "", [(f"sum(snowmelt_ready{OF})", "ready"), (f"count(snowmelt_build_info{OF})", "all")]),
    ("Memory", "bytes", "", [(f"process_resident_memory_bytes{OF}", "{{pod}}")]),
    ("Memory budget in use", "percentunit", "At 1 reading waits for the sinks",
     [(f"snowmelt_in_flight_bytes{OF} / snowmelt_in_flight_limit_bytes{OF}", "{{pod}}")]),
    ("CPU", "short", "Cores, as the kubelet tells", [(rate("container_cpu_usage_seconds_total", "pod", ', container="snowmelt"'), "{{pod}}")]),
    ("Versions", "short", "", [(f"count by (version) (snowmelt_build_info{OF})", "{{version}}")]),
]

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH, HEIGHT = 8, 7


def panel(number, place, title, unit, description, queries):
    return {
        "id": number,
        "type": "timeseries",
        "title": title,
        "description": description,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"fillOpacity": 8, "showPoints": "never"}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}},
        "targets": [
            {"refId": chr(ord("A") + n), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
            for n, (expression, legend) in enumerate(queries)
        ],
    }


def panels():
    x = y = 0
    for number, spec in enumerate(PANELS, 1):
        if isinstance(spec, str):
            y += HEIGHT if x else 0
            x = 0
            yield {"id": number, "type": "row", "title": spec, "collapsed": False, "panels": [],
                   "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}}
            y += 1
        else:
            yield panel(number, {"x": x, "y": y, "w": WIDTH, "h": HEIGHT}, *spec)
            x += WIDTH
            if x == 24:
                x, y = 0, y + HEIGHT


def variable(name, label, previous):
    return {
        "name": name, "label": label, "type": "query", "datasource": SOURCE, "includeAll": True, "multi": True,
        "current": {"text": "All", "value": "$__all"}, "refresh": 2, "sort": 1,
        "query": {"query": f"label_values(snowmelt_build_info{previous}, {name})", "refId": name},
    }


DASHBOARD = {
    "uid": "snowmelt",
    "title": "Snowmelt",
    "tags": ["snowmelt", "snowplow"],
    "schemaVersion": 39,
    "editable": True,
    "refresh": "30s",
    "time": {"from": "now-3h", "to": "now"},
    "templating": {"list": [
        {"name": "datasource", "label": "Source", "type": "datasource", "query": "prometheus", "current": {}},
        variable("namespace", "Namespace", ""),
        variable("pod", "Pod", '{namespace=~"$namespace"}'),
    ]},
    "panels": list(panels()),
}


def main():
    text = json.dumps(DASHBOARD, indent=1) + "\n"
    if sys.argv[1:] == ["--check"]:
        if FILE.read_text(encoding="utf-8") != text:
            sys.exit(f"{FILE.name} is not what {pathlib.Path(__file__).name} writes: run it")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
