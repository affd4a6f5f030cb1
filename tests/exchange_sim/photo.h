#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crosspoint::exchange_sim {

// Edge length of "HR96x96", 1024 of "HR1024xN"; nullopt for what UserPhotoSizeType does not have.
std::optional<int> PhotoEdge(std::string_view size);

// A baseline JPEG of a mirrored pattern, different for each `seed`.
std::string MakePhoto(uint64_t seed, int edge);

}  // namespace crosspoint::exchange_sim
