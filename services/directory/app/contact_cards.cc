#include "directory/app/contact_cards.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

constexpr char kDomain[] = "directory.crosspoint";

bool Has(const Person& person, const std::string& folded) {
  return std::ranges::any_of(person.emails, [&](const auto& email) { return FoldEmail(email) == folded; });
}

}  // namespace

std::vector<CardAction> ActionsFor(const Person& person, const std::string& caller) {
  const bool ours = !person.user.empty();
  const bool oneself = ours && person.user == caller;
  std::vector<CardAction> actions;
  if (!oneself && (!person.extension.empty() || !person.phones.empty())) actions.push_back(CardAction::kCall);
  if (!oneself && ours) actions.push_back(CardAction::kInstantMessage);
  if (!person.emails.empty()) {
    actions.push_back(CardAction::kEmail);
    actions.push_back(CardAction::kMeeting);
  }
  return actions;
}

ContactCards::ContactCards(const UserFeed& users, PeopleSearch& search, PhotoLibrary& photos, PresenceSource& presence,
                           log::Logger& log, std::chrono::milliseconds limit)
    : users_(users), search_(search), photos_(photos), presence_(presence), log_(log), limit_(limit) {}

absl::StatusOr<ContactCard> ContactCards::Get(const TenantId& tenant, const std::string& email,
                                              const std::string& caller, const OnBehalf& on_behalf, Deadline deadline) {
  ContactCard card;
  CROSSPOINT_ASSIGN_OR_RETURN(card.person, Find(tenant, email, deadline, card.partial));
  if (!card.person.user.empty()) AddPresence(card, on_behalf, deadline);
  AddPhoto(card, tenant, email, deadline);
  card.actions = ActionsFor(card.person, caller);
  return card;
}

absl::StatusOr<Person> ContactCards::Find(const TenantId& tenant, const std::string& email, Deadline deadline,
                                          bool& partial) {
  const auto folded = FoldEmail(email);
  auto found = search_.Search(tenant, email, kMaxPeople, deadline);
  partial = found.partial;
  for (auto& person : found.people) {
    if (Has(person, folded)) return std::move(person);
  }
  // The corporate list may know the person by other addresses than the one that leads to our user.
  if (const auto users = users_.FindByEmails(tenant, {email}); !users.empty()) {
    return MergePeople(users, {}, email, 1).front();
  }
  if (partial) {
    return ErrorWithInfo(absl::StatusCode::kUnavailable,
                         email + " is none of our users, and the corporate list does not answer; try again",
                         {.reason = "CORPORATE_LIST_AWAY", .domain = kDomain, .metadata = {}});
  }
  return ErrorWithInfo(absl::StatusCode::kNotFound, "nobody has the address " + email,
                       {.reason = "PERSON_UNKNOWN", .domain = kDomain, .metadata = {}});
}

void ContactCards::AddPresence(ContactCard& card, const OnBehalf& on_behalf, Deadline deadline) {
  const auto user = UserId::Parse(card.person.user);
  if (!user.ok()) return;
  auto facts = presence_.Get(*user, on_behalf, std::min(deadline, std::chrono::steady_clock::now() + limit_));
  if (facts.ok()) {
    card.presence = *std::move(facts);
    return;
  }
  card.partial = true;
  log_.Warn("card_without_presence", {{"user", card.person.user}, {"error", MessageOf(facts.status())}});
}

void ContactCards::AddPhoto(ContactCard& card, const TenantId& tenant, const std::string& email, Deadline deadline) {
  const auto photo =
      photos_.Get(tenant, email, kCardPhotoSize, std::min(deadline, std::chrono::steady_clock::now() + limit_));
  if (photo.ok()) {
    card.photo_etag = photo->etag;
    return;
  }
  // A tenant without a source of pictures has none: nothing is missing.
  if (absl::IsNotFound(photo.status()) || absl::IsFailedPrecondition(photo.status())) return;
  card.partial = true;
  log_.Warn("card_without_photo", {{"tenant", tenant.value}, {"error", MessageOf(photo.status())}});
}

}  // namespace crosspoint::directory
