#include "connectors/ews/codec/request_parts.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/codec/search_names.h"

// Folders and ids.
namespace crosspoint::ews {
namespace {

void WriteFolderShape(XmlWriter& xml) {
  xml.Open("m:FolderShape").Text("t:BaseShape", "IdOnly").Open("t:AdditionalProperties");
  for (const std::string_view uri : {"folder:ParentFolderId", "folder:DisplayName", "folder:FolderClass",
                                     "folder:TotalCount", "folder:ChildFolderCount"}) {
    xml.Empty("t:FieldURI", {{"FieldURI", uri}});
  }
  xml.Close().Close();
}

}  // namespace

std::string WriteGetFolder(const RequestHeader& header, const std::vector<FolderRef>& folders) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:GetFolder");
    WriteFolderShape(xml);
    WriteFolderRefs(xml, "m:FolderIds", folders);
    xml.Close();
  });
}

std::string WriteFindFolder(const RequestHeader& header, const FindFoldersQuery& query) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:FindFolder", {{"Traversal", query.deep ? "Deep" : "Shallow"}});
    WriteFolderShape(xml);
    WritePage(xml, "m:IndexedPageFolderView", query.page);
    WriteRestriction(xml, query.restriction);
    WriteFolderRefs(xml, "m:ParentFolderIds", {query.parent});
    xml.Close();
  });
}

std::string WriteCreateFolder(const RequestHeader& header, const FolderDraft& draft) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:CreateFolder").Open("m:ParentFolderId");
    WriteFolderRef(xml, draft.parent);
    xml.Close().Open("m:Folders").Open("t:" + std::string(NameOf(kFolderKindNames, draft.kind)));
    if (!draft.folder_class.empty()) xml.Text("t:FolderClass", draft.folder_class);
    xml.Text("t:DisplayName", draft.display_name).Close().Close().Close();
  });
}

std::string WriteSyncFolderHierarchy(const RequestHeader& header, const FolderRef& root,
                                     const std::string& sync_state) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:SyncFolderHierarchy");
    WriteFolderShape(xml);
    xml.Open("m:SyncFolderId");
    WriteFolderRef(xml, root);
    xml.Close();
    if (!sync_state.empty()) xml.Text("m:SyncState", sync_state);
    xml.Close();
  });
}

std::string WriteConvertId(const RequestHeader& header, const std::vector<AlternateId>& ids, IdFormat format) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:ConvertId", {{"DestinationFormat", NameOf(kIdFormatNames, format)}}).Open("m:SourceIds");
    for (const AlternateId& id : ids) {
      xml.Empty("t:AlternateId", {{"Format", NameOf(kIdFormatNames, id.format)},
                                  {"Id", id.id},
                                  {"Mailbox", id.mailbox},
                                  {"IsArchive", BoolText(id.is_archive)}});
    }
    xml.Close().Close();
  });
}

}  // namespace crosspoint::ews
