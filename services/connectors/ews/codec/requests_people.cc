#include "connectors/ews/codec/names.h"
#include "connectors/ews/codec/request_parts.h"
#include "connectors/ews/codec/requests.h"

// Whom the directory and folders of contacts know.
namespace crosspoint::ews {
namespace {

constexpr std::string_view kPersonaFields[] = {
    "persona:PersonaId",       "persona:PersonaType",     "persona:DisplayName",  "persona:GivenName",
    "persona:Surname",         "persona:CompanyName",     "persona:EmailAddress", "persona:EmailAddresses",
    "persona:PhoneNumber",     "persona:ImAddress",       "persona:Titles",       "persona:Departments",
    "persona:OfficeLocations", "persona:CompanyNames",    "persona:MobilePhones", "persona:BusinessPhoneNumbers",
    "persona:HomePhones",      "persona:OtherTelephones", "persona:WorkFaxes",    "persona:OrganizationMainPhones",
};

}  // namespace

std::string WriteResolveNames(const RequestHeader& header, const ResolveNamesQuery& query) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:ResolveNames", {{"ReturnFullContactData", "true"},
                                {"SearchScope", NameOf(kScopeNames, query.scope)},
                                {"ContactDataShape", "AllProperties"}});
    if (!query.folders.empty()) WriteFolderRefs(xml, "m:ParentFolderIds", query.folders);
    xml.Text("m:UnresolvedEntry", query.text).Close();
  });
}

std::string WriteFindPeople(const RequestHeader& header, const FindPeopleQuery& query) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:FindPeople").Open("m:PersonaShape").Text("t:BaseShape", "IdOnly").Open("t:AdditionalProperties");
    for (const std::string_view uri : kPersonaFields) xml.Empty("t:FieldURI", {{"FieldURI", uri}});
    xml.Close().Close();
    WritePage(xml, "m:IndexedPageItemView", query.page);
    xml.Open("m:ParentFolderId");
    if (query.address_list.empty()) {
      WriteFolderRef(xml, query.folder);
    } else {
      xml.Empty("t:AddressListId", {{"Id", query.address_list}});
    }
    xml.Close();
    if (!query.text.empty()) xml.Text("m:QueryString", query.text);
    xml.Close();
  });
}

std::string WriteExpandDl(const RequestHeader& header, const Mailbox& list, const ItemId& contact) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:ExpandDL").Open("m:Mailbox");
    if (contact.id.empty()) {
      xml.Text("t:EmailAddress", list.email);
      if (!list.routing_type.empty()) xml.Text("t:RoutingType", list.routing_type);
    } else {
      WriteItemId(xml, contact);
    }
    xml.Close().Close();
  });
}

}  // namespace crosspoint::ews
