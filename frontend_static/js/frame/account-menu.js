/** Oneself: who is signed in, how the page looks, and the way out. */
import { html } from "../ui.js";
import { t } from "../i18n.js";
import { auth } from "../api.js";
import { Icon } from "../parts/icons.js";
import { LangSwitch, ThemeSwitch } from "../parts/common.js";

const leave = async () => {
  await auth.signOut();
  location.assign("/login");
};

/** @param {{ me: Rest.MeAnswer | null }} props */
export function AccountMenu({ me }) {
  return html`
    <button
      type="button"
      class="btn btn-icon btn-bare"
      popovertarget="account-menu"
      aria-label=${t("account.menu")}
      title=${t("account.menu")}
    >
      <${Icon} name="person" />
    </button>
    <div class="menu" id="account-menu" popover="auto">
      ${
        me &&
        html`<p class="menu-who">
          <strong><bdi>${me.username}</bdi></strong>
          <span class="small soft">${roleOf(me)}</span>
        </p>`
      }
      <a class="menu-row" href="/account"><${Icon} name="person" />${t("account.title")}</a>
      <a class="menu-row" href="/#branches"><${Icon} name="store" />${t("nav.branches")}</a>
      <div class="menu-looks"><${LangSwitch} /><${ThemeSwitch} /></div>
      <button type="button" class="menu-row" onClick=${leave}><${Icon} name="signout" flips />${t("signout")}</button>
    </div>
  `;
}

/**
 * What somebody is here, the most they are.
 * @param {Rest.MeAnswer} me
 */
function roleOf(me) {
  if (me.is_platform_admin) return t("role.platform_admin");
  const [most] = ["chain_admin", "manager", "staff"].filter((role) => me.roles.some((one) => one.role === role));
  return most ? t(`role.${most}`) : t("role.shopper");
}
