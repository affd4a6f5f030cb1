#pragma once

#include <chrono>
#include <functional>

#include "tests/troubles/cluster.h"

namespace crosspoint::troubles {

// Puts one meeting per user, from eight threads, on all replicas in turn; `start` says when each begins. False when one
// was refused.
bool PlaceMeetings(Cluster& cluster, int users,
                   const std::function<std::chrono::system_clock::time_point(int user)>& start);

// One stream, a report "on the phone" for each user; returns when all are answered. False when one was not taken.
bool ReportCalls(Cluster& cluster, int users);

}  // namespace crosspoint::troubles
