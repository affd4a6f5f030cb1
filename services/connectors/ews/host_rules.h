#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crosspoint::ews {

// A host name or numeric address ("mail.example.org", "[2001:db8::1]"), or "*." and a name of at least two labels,
// which stands for every name below it but not for itself.
bool IsHostPattern(std::string_view pattern);

// Whether one of `patterns` stands for `host`, as a URL has it; case and a final dot aside.
bool MatchesHost(const std::vector<std::string>& patterns, std::string_view host);

// A name under which Microsoft serves Exchange Online. EWS has been switched off there: such mailboxes need Graph.
bool IsExchangeOnlineHost(std::string_view host);

}  // namespace crosspoint::ews
