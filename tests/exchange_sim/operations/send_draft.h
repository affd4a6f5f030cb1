#pragma once

#include "exchange_sim/call.h"

namespace crosspoint::exchange_sim {

// Sends a draft that CheckSendable lets pass, and moves it to `folder`; null: nothing of it stays.
void SendDraft(Call& call, const ItemTarget& draft, Folder* folder);

}  // namespace crosspoint::exchange_sim
