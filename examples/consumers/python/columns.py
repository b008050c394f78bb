"""The columns of an enriched event. Written by scripts/make-consumers.py from src/event/table.rs: do not edit."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Entity:
    """A self-describing JSON: the key of its schema, and the data."""

    schema: str
    data: Any


@dataclass(frozen=True, slots=True)
class Event:
    """One enriched event; what is empty in the TSV is None, or an empty list."""

    app_id: str | None = None
    platform: str | None = None
    etl_tstamp: datetime | None = None
    collector_tstamp: datetime | None = None
    dvce_created_tstamp: datetime | None = None
    event: str | None = None
    event_id: str | None = None
    txn_id: int | None = None
    name_tracker: str | None = None
    v_tracker: str | None = None
    v_collector: str | None = None
    v_etl: str | None = None
    user_id: str | None = None
    user_ipaddress: str | None = None
    user_fingerprint: str | None = None
    domain_userid: str | None = None
    domain_sessionidx: int | None = None
    network_userid: str | None = None
    geo_country: str | None = None
    geo_region: str | None = None
    geo_city: str | None = None
    geo_zipcode: str | None = None
    geo_latitude: float | None = None
    geo_longitude: float | None = None
    geo_region_name: str | None = None
    ip_isp: str | None = None
    ip_organization: str | None = None
    ip_domain: str | None = None
    ip_netspeed: str | None = None
    page_url: str | None = None
    page_title: str | None = None
    page_referrer: str | None = None
    page_urlscheme: str | None = None
    page_urlhost: str | None = None
    page_urlport: int | None = None
    page_urlpath: str | None = None
    page_urlquery: str | None = None
    page_urlfragment: str | None = None
    refr_urlscheme: str | None = None
    refr_urlhost: str | None = None
    refr_urlport: int | None = None
    refr_urlpath: str | None = None
    refr_urlquery: str | None = None
    refr_urlfragment: str | None = None
    refr_medium: str | None = None
    refr_source: str | None = None
    refr_term: str | None = None
    mkt_medium: str | None = None
    mkt_source: str | None = None
    mkt_term: str | None = None
    mkt_content: str | None = None
    mkt_campaign: str | None = None
    contexts: list[Entity] = field(default_factory=list)
    se_category: str | None = None
    se_action: str | None = None
    se_label: str | None = None
    se_property: str | None = None
    se_value: Decimal | None = None
    unstruct_event: Entity | None = None
    tr_orderid: str | None = None
    tr_affiliation: str | None = None
    tr_total: Decimal | None = None
    tr_tax: Decimal | None = None
    tr_shipping: Decimal | None = None
    tr_city: str | None = None
    tr_state: str | None = None
    tr_country: str | None = None
    ti_orderid: str | None = None
    ti_sku: str | None = None
    ti_name: str | None = None
    ti_category: str | None = None
    ti_price: Decimal | None = None
    ti_quantity: int | None = None
    pp_xoffset_min: int | None = None
    pp_xoffset_max: int | None = None
    pp_yoffset_min: int | None = None
    pp_yoffset_max: int | None = None
    useragent: str | None = None
    br_name: str | None = None
    br_family: str | None = None
    br_version: str | None = None
    br_type: str | None = None
    br_renderengine: str | None = None
    br_lang: str | None = None
    br_features_pdf: bool | None = None
    br_features_flash: bool | None = None
    br_features_java: bool | None = None
    br_features_director: bool | None = None
    br_features_quicktime: bool | None = None
    br_features_realplayer: bool | None = None
    br_features_windowsmedia: bool | None = None
    br_features_gears: bool | None = None
    br_features_silverlight: bool | None = None
    br_cookies: bool | None = None
    br_colordepth: str | None = None
    br_viewwidth: int | None = None
    br_viewheight: int | None = None
    os_name: str | None = None
    os_family: str | None = None
    os_manufacturer: str | None = None
    os_timezone: str | None = None
    dvce_type: str | None = None
    dvce_ismobile: bool | None = None
    dvce_screenwidth: int | None = None
    dvce_screenheight: int | None = None
    doc_charset: str | None = None
    doc_width: int | None = None
    doc_height: int | None = None
    tr_currency: str | None = None
    tr_total_base: Decimal | None = None
    tr_tax_base: Decimal | None = None
    tr_shipping_base: Decimal | None = None
    ti_currency: str | None = None
    ti_price_base: Decimal | None = None
    base_currency: str | None = None
    geo_timezone: str | None = None
    mkt_clickid: str | None = None
    mkt_network: str | None = None
    etl_tags: str | None = None
    dvce_sent_tstamp: datetime | None = None
    refr_domain_userid: str | None = None
    refr_dvce_tstamp: datetime | None = None
    derived_contexts: list[Entity] = field(default_factory=list)
    domain_sessionid: str | None = None
    derived_tstamp: datetime | None = None
    event_vendor: str | None = None
    event_name: str | None = None
    event_format: str | None = None
    event_version: str | None = None
    event_fingerprint: str | None = None
    true_tstamp: datetime | None = None


# name and kind of each column, in the order of the TSV
COLUMNS = (
    ("app_id", "text"),
    ("platform", "text"),
    ("etl_tstamp", "time"),
    ("collector_tstamp", "time"),
    ("dvce_created_tstamp", "time"),
    ("event", "text"),
    ("event_id", "text"),
    ("txn_id", "int"),
    ("name_tracker", "text"),
    ("v_tracker", "text"),
    ("v_collector", "text"),
    ("v_etl", "text"),
    ("user_id", "text"),
    ("user_ipaddress", "text"),
    ("user_fingerprint", "text"),
    ("domain_userid", "text"),
    ("domain_sessionidx", "int"),
    ("network_userid", "text"),
    ("geo_country", "text"),
    ("geo_region", "text"),
    ("geo_city", "text"),
    ("geo_zipcode", "text"),
    ("geo_latitude", "float"),
    ("geo_longitude", "float"),
    ("geo_region_name", "text"),
    ("ip_isp", "text"),
    ("ip_organization", "text"),
    ("ip_domain", "text"),
    ("ip_netspeed", "text"),
    ("page_url", "text"),
    ("page_title", "text"),
    ("page_referrer", "text"),
    ("page_urlscheme", "text"),
    ("page_urlhost", "text"),
    ("page_urlport", "int"),
    ("page_urlpath", "text"),
    ("page_urlquery", "text"),
    ("page_urlfragment", "text"),
    ("refr_urlscheme", "text"),
    ("refr_urlhost", "text"),
    ("refr_urlport", "int"),
    ("refr_urlpath", "text"),
    ("refr_urlquery", "text"),
    ("refr_urlfragment", "text"),
    ("refr_medium", "text"),
    ("refr_source", "text"),
    ("refr_term", "text"),
    ("mkt_medium", "text"),
    ("mkt_source", "text"),
    ("mkt_term", "text"),
    ("mkt_content", "text"),
    ("mkt_campaign", "text"),
    ("contexts", "entities"),
    ("se_category", "text"),
    ("se_action", "text"),
    ("se_label", "text"),
    ("se_property", "text"),
    ("se_value", "decimal"),
    ("unstruct_event", "entity"),
    ("tr_orderid", "text"),
    ("tr_affiliation", "text"),
    ("tr_total", "decimal"),
    ("tr_tax", "decimal"),
    ("tr_shipping", "decimal"),
    ("tr_city", "text"),
    ("tr_state", "text"),
    ("tr_country", "text"),
    ("ti_orderid", "text"),
    ("ti_sku", "text"),
    ("ti_name", "text"),
    ("ti_category", "text"),
    ("ti_price", "decimal"),
    ("ti_quantity", "int"),
    ("pp_xoffset_min", "int"),
    ("pp_xoffset_max", "int"),
    ("pp_yoffset_min", "int"),
    ("pp_yoffset_max", "int"),
    ("useragent", "text"),
    ("br_name", "text"),
    ("br_family", "text"),
    ("br_version", "text"),
    ("br_type", "text"),
    ("br_renderengine", "text"),
    ("br_lang", "text"),
    ("br_features_pdf", "bool"),
    ("br_features_flash", "bool"),
    ("br_features_java", "bool"),
    ("br_features_director", "bool"),
    ("br_features_quicktime", "bool"),
    ("br_features_realplayer", "bool"),
    ("br_features_windowsmedia", "bool"),
    ("br_features_gears", "bool"),
    ("br_features_silverlight", "bool"),
    ("br_cookies", "bool"),
    ("br_colordepth", "text"),
    ("br_viewwidth", "int"),
    ("br_viewheight", "int"),
    ("os_name", "text"),
    ("os_family", "text"),
    ("os_manufacturer", "text"),
    ("os_timezone", "text"),
    ("dvce_type", "text"),
    ("dvce_ismobile", "bool"),
    ("dvce_screenwidth", "int"),
    ("dvce_screenheight", "int"),
    ("doc_charset", "text"),
    ("doc_width", "int"),
    ("doc_height", "int"),
    ("tr_currency", "text"),
    ("tr_total_base", "decimal"),
    ("tr_tax_base", "decimal"),
    ("tr_shipping_base", "decimal"),
    ("ti_currency", "text"),
    ("ti_price_base", "decimal"),
    ("base_currency", "text"),
    ("geo_timezone", "text"),
    ("mkt_clickid", "text"),
    ("mkt_network", "text"),
    ("etl_tags", "text"),
    ("dvce_sent_tstamp", "time"),
    ("refr_domain_userid", "text"),
    ("refr_dvce_tstamp", "time"),
    ("derived_contexts", "entities"),
    ("domain_sessionid", "text"),
    ("derived_tstamp", "time"),
    ("event_vendor", "text"),
    ("event_name", "text"),
    ("event_format", "text"),
    ("event_version", "text"),
    ("event_fingerprint", "text"),
    ("true_tstamp", "time"),
)
