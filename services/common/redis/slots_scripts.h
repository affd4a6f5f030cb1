#pragma once

#include "common/redis/script.h"

namespace crosspoint {

// KEYS of all: taken, urgent, background, wants, pause. Further keys are made from ARGV[1], the pool, whose hash tag
// they share. Times are microseconds.

// ARGV: pool, total, per_lane, reserved, "<id>:<lane>", "urgent" or "background", wait, hold. Queues up and serves the
// queue; called again for one that waits it only serves. Returns
//   {"taken"}  {"paused", left}  {"full"}  {"wait", until the pause is over or 0, until the next lease may run out}
const RedisScript& TakeSlotScript();

// ARGV: pool, total, per_lane, reserved, "<id>:<lane>", "1" for success. Forgets the slot or the wish, serves the
// queue.
const RedisScript& GiveSlotScript();

// ARGV: pool, lane or "", length or -1, first, most, random 0 to 1. Returns how long the pause lasts yet.
const RedisScript& PauseSlotsScript();

}  // namespace crosspoint
