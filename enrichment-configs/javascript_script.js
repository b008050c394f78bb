// Drops the user's name in favour of a digest and tells which part of the shop a page belongs to.
function process(event, params) {
  if (event.getUser_id()) {
    event.setUser_id(org.apache.commons.codec.digest.DigestUtils.sha256Hex(event.getUser_id() + params.salt));
  }
  var path = event.getPage_urlpath();
  if (!path) {
    return null;
  }
  return [
    {
      schema: "iglu:com.acme/shop_section/jsonschema/1-0-0",
      data: { section: path.split("/")[1] || "home" }
    }
  ];
}
