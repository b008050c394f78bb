//! The table of the event: the 131 columns in TSV order, each with its kind, its length limit in
//! UTF-16 units, and the parameters of the tracker protocol that fill it with their conversions.

use super::fields::{Byte, Column, Conversion, Decimal, Float, Int, Kind, Parameter, Text};

macro_rules! columns {
    ($( $handle:ident $kind:ident $name:literal $(max $limit:literal)? $(from $($parameter:literal $conversion:ident),+)? ; )+) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Position { $($handle),+ }

        $(
            #[doc = concat!("The column `", $name, "`.")]
            pub const $handle: $kind = $kind(Position::$handle as u8);
        )+

        /// The columns in the order of the TSV.
        pub static COLUMNS: [Column; 131] = [
            $( Column { name: $name, kind: Kind::$kind, limit: limit!($($limit)?) } ),+
        ];

        /// The parameters of the tracker protocol.
        pub static PARAMETERS: &[Parameter] = &[
            $( $($( Parameter {
                name: $parameter,
                conversion: Conversion::$conversion,
                column: Position::$handle as usize,
            }, )+)? )+
        ];
    };
}

macro_rules! limit {
    () => {
        None
    };
    ($limit:literal) => {
        Some($limit)
    };
}

columns! {
    APP_ID Text "app_id" max 255 from "aid" Safe;
    PLATFORM Text "platform" max 255 from "p" Platform;
    ETL_TSTAMP Text "etl_tstamp";
    COLLECTOR_TSTAMP Text "collector_tstamp";
    DVCE_CREATED_TSTAMP Text "dvce_created_tstamp" from "dtm" Ts;
    EVENT Text "event" max 128 from "e" EventType;
    EVENT_ID Text "event_id" max 36 from "eid" Uuid;
    TXN_ID Int "txn_id" from "tid" Int;
    NAME_TRACKER Text "name_tracker" max 128 from "tna" Safe;
    V_TRACKER Text "v_tracker" max 100 from "tv" Safe;
    V_COLLECTOR Text "v_collector" max 100 from "cv" Safe;
    V_ETL Text "v_etl" max 100;
    USER_ID Text "user_id" max 255 from "uid" Safe;
    USER_IPADDRESS Text "user_ipaddress" max 128 from "ip" Ip;
    USER_FINGERPRINT Text "user_fingerprint" max 128 from "fp" Safe;
    DOMAIN_USERID Text "domain_userid" max 128 from "duid" Safe;
    DOMAIN_SESSIONIDX Int "domain_sessionidx" from "vid" Int;
    NETWORK_USERID Text "network_userid" max 128 from "nuid" Safe, "tnuid" Safe;
    GEO_COUNTRY Text "geo_country" max 2;
    GEO_REGION Text "geo_region" max 3;
    GEO_CITY Text "geo_city" max 75;
    GEO_ZIPCODE Text "geo_zipcode" max 15;
    GEO_LATITUDE Float "geo_latitude";
    GEO_LONGITUDE Float "geo_longitude";
    GEO_REGION_NAME Text "geo_region_name" max 100;
    IP_ISP Text "ip_isp" max 100;
    IP_ORGANIZATION Text "ip_organization" max 128;
    IP_DOMAIN Text "ip_domain" max 128;
    IP_NETSPEED Text "ip_netspeed" max 100;
    PAGE_URL Text "page_url" max 4096 from "url" Safe;
    PAGE_TITLE Text "page_title" max 2000 from "page" Safe;
    PAGE_REFERRER Text "page_referrer" max 4096 from "refr" Safe;
    PAGE_URLSCHEME Text "page_urlscheme" max 16;
    PAGE_URLHOST Text "page_urlhost" max 255;
    PAGE_URLPORT Int "page_urlport";
    PAGE_URLPATH Text "page_urlpath" max 3000;
    PAGE_URLQUERY Text "page_urlquery" max 6000;
    PAGE_URLFRAGMENT Text "page_urlfragment" max 3000;
    REFR_URLSCHEME Text "refr_urlscheme" max 16;
    REFR_URLHOST Text "refr_urlhost" max 255;
    REFR_URLPORT Int "refr_urlport";
    REFR_URLPATH Text "refr_urlpath" max 6000;
    REFR_URLQUERY Text "refr_urlquery" max 6000;
    REFR_URLFRAGMENT Text "refr_urlfragment" max 3000;
    REFR_MEDIUM Text "refr_medium" max 25;
    REFR_SOURCE Text "refr_source" max 50;
    REFR_TERM Text "refr_term" max 255;
    MKT_MEDIUM Text "mkt_medium" max 255;
    MKT_SOURCE Text "mkt_source" max 255;
    MKT_TERM Text "mkt_term" max 255;
    MKT_CONTENT Text "mkt_content" max 500;
    MKT_CAMPAIGN Text "mkt_campaign" max 255;
    CONTEXTS Text "contexts" from "co" Json, "cx" Json64;
    SE_CATEGORY Text "se_category" max 1000 from "ev_ca" Safe, "se_ca" Safe;
    SE_ACTION Text "se_action" max 1000 from "ev_ac" Safe, "se_ac" Safe;
    SE_LABEL Text "se_label" max 4096 from "ev_la" Safe, "se_la" Safe;
    SE_PROPERTY Text "se_property" max 1000 from "ev_pr" Safe, "se_pr" Safe;
    SE_VALUE Decimal "se_value" from "ev_va" Dec, "se_va" Dec;
    UNSTRUCT_EVENT Text "unstruct_event" from "ue_pr" Json, "ue_px" Json64;
    TR_ORDERID Text "tr_orderid" max 255 from "tr_id" Safe;
    TR_AFFILIATION Text "tr_affiliation" max 255 from "tr_af" Safe;
    TR_TOTAL Decimal "tr_total" from "tr_tt" Dec;
    TR_TAX Decimal "tr_tax" from "tr_tx" Dec;
    TR_SHIPPING Decimal "tr_shipping" from "tr_sh" Dec;
    TR_CITY Text "tr_city" max 255 from "tr_ci" Safe;
    TR_STATE Text "tr_state" max 255 from "tr_st" Safe;
    TR_COUNTRY Text "tr_country" max 255 from "tr_co" Safe;
    TI_ORDERID Text "ti_orderid" max 255 from "ti_id" Safe;
    TI_SKU Text "ti_sku" max 255 from "ti_sk" Safe;
    TI_NAME Text "ti_name" max 255 from "ti_na" Safe, "ti_nm" Safe;
    TI_CATEGORY Text "ti_category" max 255 from "ti_ca" Safe;
    TI_PRICE Decimal "ti_price" from "ti_pr" Dec;
    TI_QUANTITY Int "ti_quantity" from "ti_qu" Int;
    PP_XOFFSET_MIN Int "pp_xoffset_min" from "pp_mix" Int;
    PP_XOFFSET_MAX Int "pp_xoffset_max" from "pp_max" Int;
    PP_YOFFSET_MIN Int "pp_yoffset_min" from "pp_miy" Int;
    PP_YOFFSET_MAX Int "pp_yoffset_max" from "pp_may" Int;
    USERAGENT Text "useragent" max 1000 from "ua" Safe;
    BR_NAME Text "br_name" max 50;
    BR_FAMILY Text "br_family" max 50;
    BR_VERSION Text "br_version" max 50;
    BR_TYPE Text "br_type" max 50;
    BR_RENDERENGINE Text "br_renderengine" max 50;
    BR_LANG Text "br_lang" max 255 from "lang" Safe;
    BR_FEATURES_PDF Byte "br_features_pdf" from "f_pdf" Bool;
    BR_FEATURES_FLASH Byte "br_features_flash" from "f_fla" Bool;
    BR_FEATURES_JAVA Byte "br_features_java" from "f_java" Bool;
    BR_FEATURES_DIRECTOR Byte "br_features_director" from "f_dir" Bool;
    BR_FEATURES_QUICKTIME Byte "br_features_quicktime" from "f_qt" Bool;
    BR_FEATURES_REALPLAYER Byte "br_features_realplayer" from "f_realp" Bool;
    BR_FEATURES_WINDOWSMEDIA Byte "br_features_windowsmedia" from "f_wma" Bool;
    BR_FEATURES_GEARS Byte "br_features_gears" from "f_gears" Bool;
    BR_FEATURES_SILVERLIGHT Byte "br_features_silverlight" from "f_ag" Bool;
    BR_COOKIES Byte "br_cookies" from "cookie" Bool;
    BR_COLORDEPTH Text "br_colordepth" max 12 from "cd" Safe;
    BR_VIEWWIDTH Int "br_viewwidth" from "vp" Dim;
    BR_VIEWHEIGHT Int "br_viewheight";
    OS_NAME Text "os_name" max 50;
    OS_FAMILY Text "os_family" max 50;
    OS_MANUFACTURER Text "os_manufacturer" max 50;
    OS_TIMEZONE Text "os_timezone" max 255 from "tz" Safe;
    DVCE_TYPE Text "dvce_type" max 50;
    DVCE_ISMOBILE Byte "dvce_ismobile";
    DVCE_SCREENWIDTH Int "dvce_screenwidth" from "res" Dim;
    DVCE_SCREENHEIGHT Int "dvce_screenheight";
    DOC_CHARSET Text "doc_charset" max 128 from "cs" Safe;
    DOC_WIDTH Int "doc_width" from "ds" Dim;
    DOC_HEIGHT Int "doc_height";
    TR_CURRENCY Text "tr_currency" max 3 from "tr_cu" Safe;
    TR_TOTAL_BASE Decimal "tr_total_base";
    TR_TAX_BASE Decimal "tr_tax_base";
    TR_SHIPPING_BASE Decimal "tr_shipping_base";
    TI_CURRENCY Text "ti_currency" max 3 from "ti_cu" Safe;
    TI_PRICE_BASE Decimal "ti_price_base";
    BASE_CURRENCY Text "base_currency" max 3;
    GEO_TIMEZONE Text "geo_timezone" max 64;
    MKT_CLICKID Text "mkt_clickid" max 128;
    MKT_NETWORK Text "mkt_network" max 64;
    ETL_TAGS Text "etl_tags" max 500;
    DVCE_SENT_TSTAMP Text "dvce_sent_tstamp" from "stm" Ts;
    REFR_DOMAIN_USERID Text "refr_domain_userid" max 128;
    REFR_DVCE_TSTAMP Text "refr_dvce_tstamp";
    DERIVED_CONTEXTS Text "derived_contexts";
    DOMAIN_SESSIONID Text "domain_sessionid" max 128 from "sid" Uuid;
    DERIVED_TSTAMP Text "derived_tstamp";
    EVENT_VENDOR Text "event_vendor" max 1000;
    EVENT_NAME Text "event_name" max 1000;
    EVENT_FORMAT Text "event_format" max 128;
    EVENT_VERSION Text "event_version" max 128;
    EVENT_FINGERPRINT Text "event_fingerprint" max 128;
    TRUE_TSTAMP Text "true_tstamp" from "ttm" Ts;
}
