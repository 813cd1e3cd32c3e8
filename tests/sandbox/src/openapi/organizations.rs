//! Organizations, their projects, and the person behind a user.

use super::{
    operation::{Operation, call},
    schemas::{named, text, uuid},
};

pub(super) fn operations() -> Vec<Operation> {
    const SETTINGS: &str = "/iam/v1alpha1/organizations/{id}/security-settings";
    vec![
        call(
            "get",
            "/iam/v1alpha1/organizations/{id}",
            "GetOrganization",
            "The caller's organization.",
        )
        .answers("Organization")
        .fails(&[404]),
        call(
            "get",
            SETTINGS,
            "GetOrganizationSecuritySettings",
            "What the organization asks of its users.",
        )
        .answers("OrganizationSecuritySettings")
        .fails(&[404]),
        call(
            "patch",
            SETTINGS,
            "UpdateOrganizationSecuritySettings",
            "Change what the organization asks of its users.",
        )
        .body(false, &named("OrganizationSecuritySettingsChange"))
        .answers("OrganizationSecuritySettings")
        .fails(&[403, 404]),
        call(
            "get",
            "/account/v3/projects",
            "ListProjects",
            "The projects of an organization.",
        )
        .must("organization_id", uuid())
        .pages(&["created_at_asc", "created_at_desc", "name_asc", "name_desc"])
        .may("name", text())
        .each("project_ids", uuid())
        .answers("ListProjectsResponse")
        .fails(&[403]),
        call(
            "get",
            "/account/v3/projects/{id}",
            "GetProject",
            "A project.",
        )
        .answers("Project")
        .fails(&[404]),
        call(
            "get",
            "/account/v2/users/{id}",
            "GetPerson",
            "The person behind the caller, and its organizations.",
        )
        .answers("Person")
        .fails(&[404]),
    ]
}
