// What scripts find beside the language itself: the event, and the part of Java that they may use.
// `host` is what Rust gives: field access, digests, Base64 and the like. Bytes cross the border as texts of
// characters 0 to 255.
(function (host) {
  'use strict';

  const hide = (target, name, value) =>
    Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });

  // ---------------------------------------------------------------- texts and bytes

  const WHOLE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
  const whole = text => (text.isWellFormed() ? text : text.replace(WHOLE, '?'));
  const fail = (name, message) => {
    const error = new Error(message);
    error.name = name;
    throw error;
  };
  const bytes = raw => {
    const out = new Int8Array(raw.length);
    for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
    return out;
  };
  const raw = value => {
    if (value === null || value === undefined) fail('java.lang.NullPointerException', 'null');
    if (typeof value !== 'object') return host.encode(whole(String(value)), 'UTF-8');
    let out = '';
    for (let i = 0; i < value.length; i++) out += String.fromCharCode(value[i] & 255);
    return out;
  };
  const charset = name => {
    const known = host.charset(String(name === undefined || name === null ? 'UTF-8' : name));
    return known === null ? fail('java.io.UnsupportedEncodingException', String(name)) : known;
  };

  // ---------------------------------------------------------------- java.math.BigDecimal

  const POW = n => 10n ** BigInt(n);
  const MODES = {
    UP: (q, r, h, odd) => true,
    DOWN: () => false,
    CEILING: (q, r, h, odd, sign) => sign > 0,
    FLOOR: (q, r, h, odd, sign) => sign < 0,
    HALF_UP: (q, r, half) => half >= 0,
    HALF_DOWN: (q, r, half) => half > 0,
    HALF_EVEN: (q, r, half, odd) => half > 0 || (half === 0 && odd),
    UNNECESSARY: () => fail('java.lang.ArithmeticException', 'Rounding necessary'),
  };
  const NUMBERED = ['UP', 'DOWN', 'CEILING', 'FLOOR', 'HALF_UP', 'HALF_DOWN', 'HALF_EVEN', 'UNNECESSARY'];
  const divide = (a, b, mode) => {
    if (b === 0n) fail('java.lang.ArithmeticException', '/ by zero');
    const q = a / b, r = a % b;
    if (r === 0n) return q;
    const sign = (a < 0n) === (b < 0n) ? 1 : -1;
    const twice = (r < 0n ? -r : r) * 2n, size = b < 0n ? -b : b;
    const half = twice > size ? 1 : twice < size ? -1 : 0;
    const name = typeof mode === 'number' ? NUMBERED[mode] : String(mode);
    return MODES[name](q, r, half, (q & 1n) === 1n, sign) ? q + BigInt(sign) : q;
  };
  const LARGEST_SCALE = 10000;
  let decimalsPrinted = false;
  class BigDecimal {
    #unscaled; #scale;
    constructor(value, scale) {
      if (typeof value === 'bigint' && Number.isInteger(scale)) {
        this.#unscaled = value;
        this.#scale = scale;
      } else {
        const text = value instanceof BigDecimal ? value.toString() : typeof value === 'number' ? host.exact(value) : String(value);
        const m = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
        if (!m || !(m[2] || m[3])) fail('java.lang.NumberFormatException', 'Character array is missing "exponent" mark');
        const digits = (m[2] || '') + (m[3] || '');
        this.#unscaled = BigInt(digits) * (m[1] === '-' ? -1n : 1n);
        this.#scale = (m[3] || '').length - Number(m[4] || 0);
      }
      if (Math.abs(this.#scale) > LARGEST_SCALE) fail('java.lang.ArithmeticException', 'the scale is too large');
      Object.freeze(this);
    }
    static valueOf(value) { return new BigDecimal(typeof value === 'number' ? host.double(value) : value); }
    static get ZERO() { return new BigDecimal(0n, 0); }
    static get ONE() { return new BigDecimal(1n, 0); }
    static get TEN() { return new BigDecimal(10n, 0); }
    #to(scale) { return this.#unscaled * POW(scale - this.#scale); }
    #both(other, make) {
      const that = new BigDecimal(other), scale = Math.max(this.#scale, that.#scale);
      return make(this.#to(scale), that.#to(scale), scale);
    }
    add(other) { return this.#both(other, (a, b, s) => new BigDecimal(a + b, s)); }
    subtract(other) { return this.#both(other, (a, b, s) => new BigDecimal(a - b, s)); }
    multiply(other) {
      const that = new BigDecimal(other);
      return new BigDecimal(this.#unscaled * that.#unscaled, this.#scale + that.#scale);
    }
    divide(other, scale, mode) {
      const that = new BigDecimal(other);
      if (scale === undefined) {
        const preferred = this.#scale - that.#scale;
        const wide = this.divide(that, Math.max(preferred, 0) + 400, 'DOWN').stripTrailingZeros();
        if (wide.multiply(that).compareTo(this) !== 0) {
          fail('java.lang.ArithmeticException', 'Non-terminating decimal expansion; no exact representable decimal result.');
        }
        return wide.#scale < preferred ? wide.setScale(preferred) : wide;
      }
      if (mode === undefined) {
        mode = scale;
        scale = this.#scale;
      }
      const shift = scale + that.#scale - this.#scale;
      const a = shift >= 0 ? this.#unscaled * POW(shift) : this.#unscaled;
      const b = shift >= 0 ? that.#unscaled : that.#unscaled * POW(-shift);
      return new BigDecimal(divide(a, b, mode), scale);
    }
    setScale(scale, mode) {
      if (scale >= this.#scale) return new BigDecimal(this.#to(scale), scale);
      return new BigDecimal(divide(this.#unscaled, POW(this.#scale - scale), mode === undefined ? 'UNNECESSARY' : mode), scale);
    }
    negate() { return new BigDecimal(-this.#unscaled, this.#scale); }
    abs() { return this.#unscaled < 0n ? this.negate() : this; }
    signum() { return this.#unscaled > 0n ? 1 : this.#unscaled < 0n ? -1 : 0; }
    scale() { return this.#scale; }
    compareTo(other) { return this.#both(other, (a, b) => (a > b ? 1 : a < b ? -1 : 0)); }
    equals(other) { return other instanceof BigDecimal && this.#scale === other.#scale && this.#unscaled === other.#unscaled; }
    max(other) { return this.compareTo(other) >= 0 ? this : new BigDecimal(other); }
    min(other) { return this.compareTo(other) <= 0 ? this : new BigDecimal(other); }
    stripTrailingZeros() {
      let unscaled = this.#unscaled, scale = this.#scale;
      if (unscaled === 0n) return new BigDecimal(0n, 0);
      while (unscaled % 10n === 0n) { unscaled /= 10n; scale--; }
      return new BigDecimal(unscaled, scale);
    }
    doubleValue() { return Number(this.toString()); }
    floatValue() { return Math.fround(this.doubleValue()); }
    intValue() { return Number(BigInt.asIntN(32, this.#integer())); }
    longValue() { return Number(BigInt.asIntN(64, this.#integer())); }
    #integer() { return this.#scale <= 0 ? this.#to(0) : this.#unscaled / POW(this.#scale); }
    toString() {
      const sign = this.#unscaled < 0n ? '-' : '', digits = String(this.#unscaled < 0n ? -this.#unscaled : this.#unscaled);
      const exponent = digits.length - 1 - this.#scale;
      if (this.#scale >= 0 && exponent >= -6) return sign + this.#plain(digits);
      const fraction = digits.length > 1 ? '.' + digits.slice(1) : '';
      return sign + digits[0] + fraction + (exponent === 0 ? '' : 'E' + (exponent > 0 ? '+' : '') + exponent);
    }
    toPlainString() {
      const sign = this.#unscaled < 0n ? '-' : '', digits = String(this.#unscaled < 0n ? -this.#unscaled : this.#unscaled);
      return sign + this.#plain(digits);
    }
    #plain(digits) {
      if (this.#scale <= 0) return digits === '0' ? '0' : digits + '0'.repeat(-this.#scale);
      const padded = digits.padStart(this.#scale + 1, '0');
      return padded.slice(0, -this.#scale) + '.' + padded.slice(-this.#scale);
    }
    valueOf() { return this.doubleValue(); }
    // a mark, which becomes the number as it is written once the whole text is made
    toJSON() { decimalsPrinted = true; return '\u0001' + this.toString() + '\u0001'; }
    hashCode() { return Number(BigInt.asIntN(32, this.#unscaled * 31n + BigInt(this.#scale))); }
  }
  const RoundingMode = Object.freeze(Object.fromEntries(NUMBERED.map(name => [name, name])));

  const nativeStringify = JSON.stringify;
  const stringify = function stringify(value, replacer, space) {
    decimalsPrinted = false;
    const text = nativeStringify(value, replacer, space);
    return decimalsPrinted && text !== undefined ? text.replace(/"\\u0001([-+.0-9E]*)\\u0001"/g, '$1') : text;
  };
  hide(JSON, 'stringify', stringify);

  // ---------------------------------------------------------------- the event

  const getter = (index, kind) =>
    kind === 'decimal'
      ? () => { const text = host.get(index); return text === null ? null : new BigDecimal(text); }
      : () => host.get(index);
  const convert = {
    text: value => (value === null ? null : typeof value === 'string' && value.isWellFormed() ? value : whole(String(value))),
    int: value => (value === null || value === undefined ? null : Number(value) | 0),
    float: value => (value === null || value === undefined ? null : Number(value)),
    byte: value => (value === null || value === undefined ? null : (Number(value) << 24) >> 24),
    decimal: value => {
      if (value === null || value === undefined) return null;
      if (value instanceof BigDecimal) return value.toString();
      const type = typeof value === 'string' ? 'java.lang.String' : typeof value === 'number' ? 'java.lang.Double' : typeof value;
      return fail('java.lang.ClassCastException', 'Cannot cast ' + type + ' to java.math.BigDecimal');
    },
  };
  const prototype = {};
  host.fields.forEach(([name, kind], index) => {
    const get = getter(index, kind), to = convert[kind];
    const set = value => host.set(index, to(value));
    const bean = name[0].toUpperCase() + name.slice(1);
    hide(prototype, 'get' + bean, get);
    hide(prototype, 'set' + bean, set);
    hide(prototype, name + '_$eq', set);
    hide(prototype, '__get_' + name, get);
    Object.defineProperty(prototype, name, { get, set, enumerable: false, configurable: true });
  });
  hide(prototype, 'toJSON', () => null);
  hide(prototype, 'toString', () => 'com.snowplowanalytics.snowplow.enrich.common.outputs.EnrichedEvent');
  Object.setPrototypeOf(prototype, Object.prototype);
  const event = Object.freeze(Object.create(prototype));
  // what the script calls on the event it may call on objects of its own as well
  for (const name of host.accessors) {
    hide(Object.prototype, '__get_' + name, function () { return this[name](); });
  }
  hide(Object.prototype, '__length', function () {
    const length = this.length;
    return typeof length === 'function' ? length.call(this) : length;
  });

  // ---------------------------------------------------------------- methods of java.lang.String

  const strings = {
    equals(other) { return typeof other === 'string' && String(this) === other; },
    equalsIgnoreCase(other) { return typeof other === 'string' && String(this).toLowerCase() === other.toLowerCase(); },
    isEmpty() { return this.length === 0; },
    isBlank() { return /^\s*$/.test(this); },
    strip() { return this.trim(); },
    contains(other) { return String(this).indexOf(String(other)) >= 0; },
    matches(pattern) { return host.matches(whole(String(this)), String(pattern)); },
    replaceFirst(pattern, text) { return host.replace(whole(String(this)), String(pattern), String(text), false); },
    getBytes(name) { return bytes(host.encode(whole(String(this)), charset(name))); },
    hashCode() { let h = 0; for (let i = 0; i < this.length; i++) h = (h * 31 + this.charCodeAt(i)) | 0; return h; },
    toCharArray() { return String(this).split(''); },
    compareTo(other) {
      const a = String(this), b = String(other), n = Math.min(a.length, b.length);
      for (let i = 0; i < n; i++) if (a.charCodeAt(i) !== b.charCodeAt(i)) return a.charCodeAt(i) - b.charCodeAt(i);
      return a.length - b.length;
    },
    compareToIgnoreCase(other) { return String(this).toLowerCase().compareTo(String(other).toLowerCase()); },
    subSequence(from, to) { return this.substring(from, to); },
    intern() { return String(this); },
  };
  for (const name of Object.keys(strings)) hide(String.prototype, name, strings[name]);
  const nativeReplaceAll = String.prototype.replaceAll;
  hide(String.prototype, 'replaceAll', function (pattern, text) {
    return pattern instanceof RegExp
      ? nativeReplaceAll.call(this, pattern, text)
      : host.replace(whole(String(this)), String(pattern), String(text), true);
  });

  // ---------------------------------------------------------------- classes of Java

  const number = (value, min, max) => {
    const text = String(value);
    if (!/^[+-]?\d+$/.test(text) || BigInt(text) < min || BigInt(text) > max) {
      fail('java.lang.NumberFormatException', 'For input string: "' + text + '"');
    }
    return Number(text);
  };
  const integer = (value, radix, bits) => {
    const size = 1n << BigInt(bits - 1);
    if (radix === undefined || radix === 10) return number(value, -size, size - 1n);
    const parsed = parseInt(value, radix);
    const text = String(value).toLowerCase().replace(/^[+-]?0*(?=.)/, '');
    if (!Number.isFinite(parsed) || Math.abs(parsed).toString(radix) !== text) {
      fail('java.lang.NumberFormatException', 'For input string: "' + value + '"');
    }
    return parsed;
  };
  const real = value => {
    const text = String(value).trim();
    if (!/^[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?)$/.test(text)) {
      fail('java.lang.NumberFormatException', text === '' ? 'empty String' : 'For input string: "' + value + '"');
    }
    return Number(text.replace(/[fFdD]$/, ''));
  };
  const whole32 = (name, bits) => ({
    valueOf: (value, radix) => (typeof value === 'number' ? value : integer(value, radix, bits)),
    toString: (value, radix) => (radix === undefined ? String(value) : Number(value).toString(radix)),
    toHexString: value => (bits === 64 ? BigInt.asUintN(64, BigInt(value)) : value >>> 0).toString(16),
    toBinaryString: value => (bits === 64 ? BigInt.asUintN(64, BigInt(value)) : value >>> 0).toString(2),
    compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
    max: Math.max, min: Math.min, sum: (a, b) => a + b, signum: Math.sign,
    MAX_VALUE: Number((1n << BigInt(bits - 1)) - 1n), MIN_VALUE: Number(-(1n << BigInt(bits - 1))),
    [name]: (value, radix) => integer(value, radix, bits),
  });
  const float = (name, round) => ({
    valueOf: value => round(real(value)), [name]: value => round(real(value)), toString: value => host.double(Number(value)),
    isNaN: Number.isNaN, isInfinite: value => Math.abs(value) === Infinity, isFinite: Number.isFinite,
    compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0), max: Math.max, min: Math.min,
    MAX_VALUE: Number.MAX_VALUE, MIN_VALUE: Number.MIN_VALUE, NaN, POSITIVE_INFINITY: Infinity, NEGATIVE_INFINITY: -Infinity,
  });
  const format = (pattern, ...values) => {
    let next = 0;
    return String(pattern).replace(/%(?:(\d+)\$)?([-0,+ ]*)(\d+)?(?:\.(\d+))?([sSdxXfcbn%])/g, (all, position, flags, width, digits, kind) => {
      if (kind === 'n') return '\n';
      if (kind === '%') return '%';
      const value = position ? values[position - 1] : values[next++];
      let text;
      if (kind === 'd') text = String(typeof value === 'bigint' ? value : Math.trunc(Number(value)));
      else if (kind === 'x' || kind === 'X') text = (Number(value) < 0 ? Number(value) >>> 0 : Number(value)).toString(16);
      else if (kind === 'f') text = new BigDecimal(value instanceof BigDecimal ? value : Number(value)).setScale(digits === undefined ? 6 : Number(digits), 'HALF_UP').toPlainString();
      else text = String(value === undefined ? null : value);
      if (kind === 's' && digits !== undefined) text = text.slice(0, Number(digits));
      if (flags.includes(',')) text = text.replace(/^(-?\d+)/, whole => whole.replace(/\B(?=(\d{3})+$)/g, ','));
      if (flags.includes('+') && /[df]/.test(kind) && !text.startsWith('-')) text = '+' + text;
      if (kind === 'X' || kind === 'S') text = text.toUpperCase();
      if (width !== undefined) {
        if (flags.includes('-')) text = text.padEnd(Number(width));
        else if (flags.includes('0')) text = /^[+-]/.test(text) ? text[0] + text.slice(1).padStart(Number(width) - 1, '0') : text.padStart(Number(width), '0');
        else text = text.padStart(Number(width));
      }
      return text;
    });
  };
  class JavaString {
    constructor(value, name) {
      if (value === undefined) return new String('');
      return new String(typeof value === 'object' && value !== null && typeof value.length === 'number' && !(value instanceof String)
        ? (value instanceof Int8Array || name !== undefined ? host.decode(raw(value), charset(name)) : Array.from(value).join(''))
        : value);
    }
    static valueOf(value) { return Array.isArray(value) ? value.join('') : String(value); }
    static format(pattern, ...values) { return format(pattern, ...(values.length === 1 && Array.isArray(values[0]) ? values[0] : values)); }
    static join(separator, ...values) { return (values.length === 1 && typeof values[0] === 'object' ? Array.from(values[0]) : values).join(separator); }
  }
  class StringBuilder {
    #text;
    constructor(text) { this.#text = typeof text === 'string' ? text : ''; }
    append(value) { this.#text += String(value); return this; }
    insert(at, value) { this.#text = this.#text.slice(0, at) + value + this.#text.slice(at); return this; }
    deleteCharAt(at) { this.#text = this.#text.slice(0, at) + this.#text.slice(at + 1); return this; }
    delete(from, to) { this.#text = this.#text.slice(0, from) + this.#text.slice(to); return this; }
    setLength(length) { this.#text = this.#text.slice(0, length).padEnd(length, '\0'); }
    reverse() { this.#text = Array.from(this.#text).reverse().join(''); return this; }
    charAt(at) { return this.#text.charAt(at); }
    indexOf(text) { return this.#text.indexOf(text); }
    length() { return this.#text.length; }
    toString() { return this.#text; }
    toJSON() { return this.#text; }
  }
  class UUID {
    #text;
    constructor(text) { this.#text = text; Object.freeze(this); }
    static randomUUID() { return new UUID(host.uuid()); }
    static fromString(text) {
      const known = host.canonical(String(text));
      return known === null ? fail('java.lang.IllegalArgumentException', 'Invalid UUID string: ' + text) : new UUID(known);
    }
    static nameUUIDFromBytes(value) {
      const hash = bytes(host.digest('MD5', raw(value)));
      hash[6] = (hash[6] & 0x0f) | 0x30;
      hash[8] = (hash[8] & 0x3f) | 0x80;
      const hex = host.hex(raw(hash));
      return new UUID(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
    }
    equals(other) { return other instanceof UUID && other.toString() === this.#text; }
    compareTo(other) { return this.#text.compareTo(other.toString()); }
    version() { return parseInt(this.#text[14], 16); }
    toString() { return this.#text; }
    toJSON() { return this.#text; }
  }
  const digest = (name, value) => {
    const found = host.digest(name, raw(value));
    return found === null ? fail('java.security.NoSuchAlgorithmException', name + ' MessageDigest not available') : found;
  };
  class MessageDigest {
    #name; #parts = '';
    constructor(name) { this.#name = name; }
    static getInstance(name) { digest(String(name), ''); return new MessageDigest(String(name)); }
    update(value) { this.#parts += typeof value === 'number' ? String.fromCharCode(value & 255) : raw(value); }
    reset() { this.#parts = ''; }
    digest(value) {
      if (value !== undefined) this.update(value);
      const found = bytes(host.digest(this.#name, this.#parts));
      this.#parts = '';
      return found;
    }
    getAlgorithm() { return this.#name; }
  }
  const utils = {};
  for (const [name, algorithm] of [['md2', 'MD2'], ['md5', 'MD5'], ['sha', 'SHA-1'], ['sha1', 'SHA-1'], ['sha256', 'SHA-256'], ['sha384', 'SHA-384'], ['sha512', 'SHA-512']]) {
    utils[name] = value => bytes(digest(algorithm, value));
    utils[name + 'Hex'] = value => host.hex(digest(algorithm, value));
  }
  const decode64 = (value, kind) => {
    const found = host.decode64(typeof value === 'object' ? raw(value) : String(value), kind);
    return found === null ? fail('java.lang.IllegalArgumentException', 'Input byte array has wrong 4-byte ending unit or illegal character') : bytes(found);
  };
  const encoder = (url, pad) => ({
    encodeToString: value => host.encode64(raw(value), url, pad),
    encode: value => bytes(host.encode64(raw(value), url, pad)),
    withoutPadding: () => encoder(url, false),
  });
  const decoder = kind => ({ decode: value => decode64(value, kind) });
  const upper = text => (typeof text === 'number' ? String.fromCodePoint(text) : String(text));
  const classes = {
    'java.lang.Boolean': { parseBoolean: value => String(value).toLowerCase() === 'true', valueOf: value => String(value).toLowerCase() === 'true', toString: String, TRUE: true, FALSE: false },
    'java.lang.Byte': whole32('parseByte', 8),
    'java.lang.Character': {
      isDigit: c => /^\p{Nd}/u.test(upper(c)), isLetter: c => /^\p{L}/u.test(upper(c)), isLetterOrDigit: c => /^[\p{L}\p{Nd}]/u.test(upper(c)),
      isUpperCase: c => /^\p{Lu}/u.test(upper(c)), isLowerCase: c => /^\p{Ll}/u.test(upper(c)), isWhitespace: c => /^\s/.test(upper(c)),
      toUpperCase: c => upper(c).toUpperCase(), toLowerCase: c => upper(c).toLowerCase(), toString: upper,
    },
    'java.lang.Double': float('parseDouble', value => value),
    'java.lang.Float': float('parseFloat', Math.fround),
    'java.lang.Integer': whole32('parseInt', 32),
    'java.lang.Long': whole32('parseLong', 64),
    'java.lang.Math': (() => {
      const own = {};
      for (const name of ['abs', 'acos', 'asin', 'atan', 'atan2', 'cbrt', 'ceil', 'cos', 'cosh', 'exp', 'expm1', 'floor', 'hypot', 'log', 'log10', 'log1p', 'max', 'min', 'pow', 'random', 'sin', 'sinh', 'sqrt', 'tan', 'tanh', 'E', 'PI']) own[name] = Math[name];
      own.round = value => Math.floor(Number(value) + 0.5);
      own.rint = value => { const r = Math.round(value); return Math.abs(value % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r; };
      own.signum = Math.sign;
      own.floorDiv = (a, b) => Math.floor(a / b);
      own.floorMod = (a, b) => ((a % b) + b) % b;
      own.toRadians = value => (value / 180) * Math.PI;
      own.toDegrees = value => (value * 180) / Math.PI;
      return own;
    })(),
    'java.lang.Short': whole32('parseShort', 16),
    'java.lang.String': JavaString,
    'java.lang.StringBuffer': StringBuilder,
    'java.lang.StringBuilder': StringBuilder,
    'java.lang.System': { currentTimeMillis: () => Date.now(), nanoTime: () => Date.now() * 1e6 },
    'java.math.BigDecimal': BigDecimal,
    'java.math.RoundingMode': RoundingMode,
    'java.net.URLDecoder': { decode: (text, name) => { charset(name); const found = host.urlDecode(whole(String(text))); return found === null ? fail('java.lang.IllegalArgumentException', 'URLDecoder: Illegal hex characters in escape (%) pattern') : found; } },
    'java.net.URLEncoder': { encode: (text, name) => { charset(name); return host.urlEncode(whole(String(text))); } },
    'java.nio.charset.Charset': { forName: charset, defaultCharset: () => 'UTF-8' },
    'java.nio.charset.StandardCharsets': { UTF_8: 'UTF-8', ISO_8859_1: 'ISO-8859-1', US_ASCII: 'US-ASCII' },
    'java.security.MessageDigest': MessageDigest,
    'java.util.Arrays': { toString: list => '[' + Array.from(list).join(', ') + ']', asList: (...items) => (items.length === 1 && Array.isArray(items[0]) ? items[0] : items), equals: (a, b) => a.length === b.length && Array.from(a).every((item, n) => item === b[n]), sort: list => { list.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)); } },
    'java.util.Base64': {
      getEncoder: () => encoder(false, true), getUrlEncoder: () => encoder(true, true),
      getDecoder: () => decoder('basic'), getUrlDecoder: () => decoder('url'), getMimeDecoder: () => decoder('lenient'),
    },
    'java.util.Objects': { equals: (a, b) => a === b || (a !== null && a !== undefined && typeof a.equals === 'function' && a.equals(b)), isNull: value => value === null || value === undefined, nonNull: value => value !== null && value !== undefined, toString: String },
    'java.util.UUID': UUID,
    'org.apache.commons.codec.binary.Base64': {
      encodeBase64String: value => host.encode64(raw(value), false, true), encodeBase64URLSafeString: value => host.encode64(raw(value), true, false),
      encodeBase64: value => bytes(host.encode64(raw(value), false, true)), encodeBase64URLSafe: value => bytes(host.encode64(raw(value), true, false)),
      decodeBase64: value => decode64(value, 'lenient'), isBase64: value => /^[A-Za-z0-9+\/_=\s-]*$/.test(typeof value === 'object' ? raw(value) : value),
    },
    'org.apache.commons.codec.binary.Hex': {
      encodeHexString: value => host.hex(raw(value)), encodeHex: value => host.hex(raw(value)).split(''),
      decodeHex: value => {
        const text = Array.isArray(value) ? value.join('') : String(value);
        if (text.length % 2) fail('org.apache.commons.codec.DecoderException', 'Odd number of characters.');
        if (!/^[0-9a-fA-F]*$/.test(text)) fail('org.apache.commons.codec.DecoderException', 'Illegal hexadecimal character');
        return Int8Array.from(text.match(/../g) || [], pair => parseInt(pair, 16));
      },
    },
    'org.apache.commons.codec.digest.DigestUtils': utils,
  };
  for (const name of Object.keys(classes)) {
    const path = name.split('.'), last = path.pop();
    let at = globalThis;
    for (const part of path) {
      if (!Object.prototype.hasOwnProperty.call(at, part)) hide(at, part, {});
      at = at[part];
    }
    hide(at, last, classes[name]);
  }
  hide(globalThis, 'Packages', { java: globalThis.java, org: globalThis.org });
  hide(globalThis, 'Java', Object.freeze({
    type: name => (Object.prototype.hasOwnProperty.call(classes, name) ? classes[name] : fail('java.lang.ClassNotFoundException', String(name))),
    from: value => (value === null || value === undefined ? value : Array.from(value)),
    to: value => value,
    typeName: () => undefined,
    isType: () => false,
    isJavaObject: () => false,
    asJSONCompatible: value => value,
  }));
  hide(globalThis, 'print', () => undefined);
  hide(globalThis, '__values', object => (object === null || object === undefined ? [] : Object.values(object)));
  hide(globalThis, '__at', (line, column) => host.at(line, column));

  // ---------------------------------------------------------------- what Rust calls

  return Object.freeze({
    knows: (name, member) => {
      if (!Object.prototype.hasOwnProperty.call(classes, name)) return 0;
      return member === '' || member === 'class' || member in classes[name] ? 2 : 1;
    },
    names: () => Object.keys(classes),
    starter: (process, parameters, all) => {
      const ways = process.length;
      return () => {
        const found =
          ways > 2 || all ? process(event, JSON.parse(parameters), host.headers())
          : ways > 1 ? process(event, JSON.parse(parameters))
          : process(event);
        return found === null || found === undefined ? null : stringify(found);
      };
    },
  });
})
