#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/log/log.h"
#include "directory/app/people_search.h"
#include "directory/app/photo_library.h"
#include "directory/app/ports.h"
#include "directory/app/user_feed.h"

namespace crosspoint::directory {

// What may be done from a card.
enum class CardAction { kCall, kInstantMessage, kEmail, kMeeting };

// Everything about one person at a glance.
struct ContactCard {
  Person person;
  std::optional<PresenceFacts> presence;  // of our users, unless presence is away
  std::string photo_etag;                 // of the picture of the size below; empty: none
  std::vector<CardAction> actions;
  bool partial = false;  // something could not be asked
};

// The edge in pixels of the picture that a card names.
inline constexpr int kCardPhotoSize = 96;

// What `caller` may do with `person`: call who has a number, write to who has an address, and chat with our users; not
// call or chat with oneself.
std::vector<CardAction> ActionsFor(const Person& person, const std::string& caller);

// Puts contact cards together. Thread-safe.
class ContactCards {
 public:
  // `limit`: how long presence and the picture may take, each.
  ContactCards(const UserFeed& users, PeopleSearch& search, PhotoLibrary& photos, PresenceSource& presence,
               log::Logger& log, std::chrono::milliseconds limit);

  // `email`: any address of the person. `caller`: resource name of the user who asks, empty when it is none.
  //   kNotFound     PERSON_UNKNOWN
  //   kUnavailable  not among our users, and the corporate list cannot be asked
  absl::StatusOr<ContactCard> Get(const TenantId& tenant, const std::string& email, const std::string& caller,
                                  const OnBehalf& on_behalf, Deadline deadline);

 private:
  absl::StatusOr<Person> Find(const TenantId& tenant, const std::string& email, Deadline deadline, bool& partial);
  void AddPresence(ContactCard& card, const OnBehalf& on_behalf, Deadline deadline);
  void AddPhoto(ContactCard& card, const TenantId& tenant, const std::string& email, Deadline deadline);

  const UserFeed& users_;
  PeopleSearch& search_;
  PhotoLibrary& photos_;
  PresenceSource& presence_;
  log::Logger& log_;
  const std::chrono::milliseconds limit_;
};

}  // namespace crosspoint::directory
