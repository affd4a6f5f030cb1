#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "connectors/ews/attachment_types.h"
#include "connectors/ews/types.h"

namespace crosspoint::ews {

struct ContactEmail {
  std::string address;       // SMTP address, or an X.500 path when routing_type is "EX"; empty: no such entry
  std::string name;          // how the address is shown; servers may ignore what is written
  std::string routing_type;  // empty when the server does not say
  bool operator==(const ContactEmail&) const = default;
};

struct PostalAddress {
  enum class Kind { kHome, kBusiness, kOther };
  Kind kind = Kind::kHome;
  std::string street;
  std::string city;
  std::string state;
  std::string country;
  std::string postal_code;
  bool operator==(const PostalAddress&) const = default;
};

inline constexpr size_t kContactEmails = 3;
inline constexpr size_t kContactImAddresses = 3;

// A contact to be made. What is empty is not sent.
struct ContactDraft {
  std::string file_as;  // empty: the server makes one from the name
  std::string display_name;
  std::string given_name;
  std::string middle_name;
  std::string surname;
  std::string nickname;
  std::string company;
  std::string department;
  std::string job_title;
  std::string office;
  std::array<ContactEmail, kContactEmails> emails;
  std::vector<Phone> phones;  // to be made: each kind once, see IsPhoneKind; as told: without empty numbers
  std::vector<PostalAddress> addresses;
  std::array<std::string, kContactImAddresses> im_addresses;
  std::vector<std::string> categories;
  std::optional<Body> notes;
  std::optional<Date> birthday;
  Sensitivity sensitivity = Sensitivity::kNormal;
  std::vector<ExtendedProperty> extended_properties;
};

// What a server told about a contact. FindContacts and SyncContacts tell neither notes nor attachments.
struct Contact : ContactDraft {
  ItemId id;
  FolderId parent_folder;
  std::string item_class;  // "IPM.Contact"; "IPM.DistList" for a group, of which only the names are read
  std::optional<TimePoint> created;
  std::optional<TimePoint> last_modified;
  bool has_picture = false;
  std::vector<AttachmentInfo> attachments;  // the picture is among them

  // Value of a property, empty when the contact has none such.
  std::string Get(const PropertyPath& path) const {
    const ExtendedProperty* property = FindProperty(extended_properties, path);
    return property == nullptr ? std::string() : property->value;
  }
};

// What to change on a contact: what is not named stays, what is named as empty is deleted.
struct ContactUpdate {
  std::optional<std::string> file_as;
  std::optional<std::string> display_name;
  std::optional<std::string> given_name;
  std::optional<std::string> middle_name;
  std::optional<std::string> surname;
  std::optional<std::string> nickname;
  std::optional<std::string> company;
  std::optional<std::string> department;
  std::optional<std::string> job_title;
  std::optional<std::string> office;
  std::array<std::optional<ContactEmail>, kContactEmails> emails;
  std::vector<Phone> phones;             // an empty number deletes that kind
  std::vector<PostalAddress> addresses;  // every part of an address named is set, or deleted where empty
  std::array<std::optional<std::string>, kContactImAddresses> im_addresses;
  std::optional<std::vector<std::string>> categories;
  std::optional<Body> notes;
  std::optional<Date> birthday;  // Date{} deletes
  std::optional<Sensitivity> sensitivity;
  std::vector<ExtendedProperty> set_properties;
  std::vector<PropertyPath> delete_properties;

  bool empty() const;
};

// Whether EWS knows a phone number of that kind: "BusinessPhone", "MobilePhone", "HomeFax", …
bool IsPhoneKind(std::string_view kind);

}  // namespace crosspoint::ews
