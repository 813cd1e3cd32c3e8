// Runs every call that the OpenAPI document names and the official JavaScript SDKs have, unchanged.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";

const env = process.env;
const sdk = createRequire(`${env.SDK_FOLDER}/`);
const { createClient } = sdk("@scaleway/sdk-client");
const { Iamv1alpha1 } = sdk("@scaleway/sdk-iam");
const { Accountv3 } = sdk("@scaleway/sdk-account");
const { AuditTrailv1alpha1 } = sdk("@scaleway/sdk-audit-trail");

const client = createClient({
  accessKey: env.ACCESS_KEY,
  secretKey: env.SECRET_KEY,
  defaultOrganizationId: env.ORGANIZATION_ID,
  defaultProjectId: env.PROJECT_ID,
  apiURL: env.API_URL,
});
const iam = new Iamv1alpha1.API(client);
const projects = new Accountv3.ProjectAPI(client);
const [userId, otherId, organizationId] = [env.USER_ID, env.OTHER_USER_ID, env.ORGANIZATION_ID];

const users = await iam.listUsers({ organizationId, orderBy: "created_at_asc" }).all();
assert.deepEqual(users.map((user) => user.id), [userId, otherId]);
assert.deepEqual(await iam.getUser({ userId }), users[0]);
assert.ok((await iam.lockUser({ userId: otherId })).locked);
assert.ok(!(await iam.unlockUser({ userId: otherId })).locked);
const { connections } = await iam.getUserConnections({ userId });
assert.deepEqual(connections.map((connection) => connection.organization.name), ["Beta"]);
assert.equal((await iam.listGracePeriods({ userId })).gracePeriods[0].type, "set_mfa");

const guest = await iam.createUser({ organizationId, email: "guest@example.com" });
assert.ok(guest.type === "guest" && guest.deletable);
const joined = await iam.createUser({
  organizationId,
  member: {
    email: "new@example.com",
    username: "new",
    password: "a password for the tests",
    firstName: "New",
    lastName: "Member",
    phoneNumber: "",
    locale: "",
    sendPasswordEmail: false,
    sendWelcomeEmail: false,
  },
});
assert.ok(joined.type === "member" && joined.username === "new");
for (const leaving of [guest, joined]) await iam.deleteUser({ userId: leaving.id });
const left = await iam.listUsers({ organizationId, orderBy: "created_at_asc" }).all();
assert.deepEqual(left.map((user) => user.id), [userId, otherId]);

const organization = await iam.getOrganization({ organizationId });
assert.ok(organization.id === organizationId && organization.loginPasswordEnabled);
const settings = await iam.getOrganizationSecuritySettings({ organizationId });
assert.notEqual(settings.loginAttemptsBeforeLocked, 7);
const changed = await iam.updateOrganizationSecuritySettings({
  organizationId,
  loginAttemptsBeforeLocked: 7,
});
assert.equal(changed.loginAttemptsBeforeLocked, 7);
const all = await projects.listProjects({ organizationId }).all();
assert.deepEqual(all.map((found) => found.name), ["default"]);
const project = await projects.getProject({ projectId: env.PROJECT_ID });
assert.equal(project.organizationId, organizationId);

const made = await iam.createAPIKey({ userId, description: "made by the SDK" });
assert.ok(made.secretKey);
const { accessKey } = made;
const renamed = await iam.updateAPIKey({ accessKey, description: "changed by the SDK" });
assert.ok(renamed.description === "changed by the SDK" && renamed.updatedAt > made.updatedAt);
const seen = await iam.getAPIKey({ accessKey });
assert.deepEqual(seen, renamed);
assert.ok(!seen.secretKey && seen.userId === userId);
const keys = await iam.listAPIKeys({ organizationId, bearerId: userId }).all();
assert.ok(keys.some((key) => key.accessKey === accessKey));
await iam.deleteAPIKey({ accessKey });

const login = await fetch(`${env.API_URL}/account/v2/login`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ email: env.OTHER_EMAIL, password: env.OTHER_PASSWORD }),
});
const { jti } = (await login.json()).jwt;
const jwts = await iam.listJWTs({ audienceId: otherId }).all();
assert.deepEqual(jwts.map((jwt) => jwt.jti), [jti]);
assert.deepEqual(await iam.getJWT({ jti }), jwts[0]);
await iam.deleteJWT({ jti });

const trail = new AuditTrailv1alpha1.API(client);
const recordedAfter = new Date(Date.now() - 86_400_000);
const asked = { region: "fr-par", organizationId, recordedAfter };
const { events } = await trail.listAuthenticationEvents(asked);
assert.deepEqual(events.map((event) => [event.result, event.method, event.resources[0].name]), [
  ["success", "password", env.OTHER_EMAIL],
]);
assert.ok(events[0].recordedAt > recordedAfter);

const { secret } = await iam.createUserMFAOTP({ userId });
const oneTimePassword = execFileSync("oathtool", ["--totp", "-b", secret], { encoding: "utf8" });
const { recoveryCodes } = await iam.validateUserMFAOTP({
  userId,
  oneTimePassword: oneTimePassword.trim(),
});
assert.equal(recoveryCodes.length, 10);
assert.ok((await iam.getUser({ userId })).mfa);
await iam.deleteUserMFAOTP({ userId });
