#pragma once

#include "common/httpd/http_server.h"
#include "exchange_sim/store.h"

namespace crosspoint::exchange_sim {

// POST /sim/delegates: shares a folder of one mailbox with another, or takes that back.
void ShareFolder(Store& store, const HttpRequest& request, HttpResponse& response);

}  // namespace crosspoint::exchange_sim
