#include "exchange_sim/access/negotiate.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

#include <utility>

namespace crosspoint::exchange_sim {
namespace {

gss_OID_desc spnego = {6, const_cast<char*>("\x2b\x06\x01\x05\x05\x02")};

std::string Take(gss_buffer_desc& buffer) {
  OM_uint32 minor = 0;
  std::string text(static_cast<const char*>(buffer.value), buffer.length);
  gss_release_buffer(&minor, &buffer);
  return text;
}

}  // namespace

NegotiateAcceptor::NegotiateAcceptor(std::string keytab_file) : keytab_file_(std::move(keytab_file)) {}

std::optional<NegotiateAcceptor::Accepted> NegotiateAcceptor::Accept(std::string_view token) {
  OM_uint32 minor = 0;
  gss_OID_set_desc mechanisms = {1, &spnego};
  // The library's own memory of tokens is a file shared by all programs of the machine; Access keeps one instead.
  gss_key_value_element_desc elements[] = {{"keytab", keytab_file_.c_str()}, {"rcache", "none:"}};
  gss_key_value_set_desc store = {2, elements};
  gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
  if (GSS_ERROR(gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechanisms, GSS_C_ACCEPT, &store,
                                      &credential, nullptr, nullptr))) {
    return std::nullopt;
  }
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  gss_name_t name = GSS_C_NO_NAME;
  gss_buffer_desc in = {token.size(), const_cast<char*>(token.data())};
  gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_accept_sec_context(&minor, &context, credential, &in, GSS_C_NO_CHANNEL_BINDINGS, &name,
                                                 nullptr, &out, nullptr, nullptr, nullptr);
  std::optional<Accepted> accepted;
  if (major == GSS_S_COMPLETE) {
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    gss_display_name(&minor, name, &text, nullptr);
    accepted = Accepted{Take(text), Take(out)};
  } else {
    gss_release_buffer(&minor, &out);
  }
  gss_release_name(&minor, &name);
  gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
  gss_release_cred(&minor, &credential);
  return accepted;
}

}  // namespace crosspoint::exchange_sim
