/** Shows what is pushed, also while no page is open; a tap leads to where it is about. */
// The page's library knows no workers.
const worker = /** @type {any} */ (self);

worker.addEventListener("push", (/** @type {any} */ event) => {
  const { title, text, link } = event.data.json();
  event.waitUntil(
    worker.registration.showNotification(title, { body: text, icon: "/static/css/mark.svg", data: { link } }),
  );
});

worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  const { link } = event.notification.data;
  event.waitUntil(worker.clients.openWindow(new URL(link, worker.location.origin).href));
});
