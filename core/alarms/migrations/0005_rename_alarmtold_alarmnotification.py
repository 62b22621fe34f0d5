from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("alarms", "0004_note")]

    operations = [migrations.RenameModel("AlarmTold", "AlarmNotification")]
